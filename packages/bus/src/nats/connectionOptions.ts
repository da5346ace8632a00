import type { NodeConnectionOptions } from "@nats-io/transport-node"

const defaultPort = 4222

const parsed = (text: string): URL | undefined => {
  const trimmed = text.trim()
  // Not a special scheme, so that a port is kept, whatever it is.
  return /^(nats|tls):\/\//.test(trimmed) && URL.canParse(trimmed) ? new URL(trimmed) : undefined
}

const serversOf = (url: string): ReadonlyArray<URL> | undefined => {
  const servers = url.split(",").map(parsed)
  return servers.every((server) => server !== undefined && server.hostname !== "" && /^\/?$/.test(server.pathname))
    ? servers.filter((server) => server !== undefined)
    : undefined
}

/** Whether this is a valid NATS URL: `nats://` or `tls://`, host, optional port; several separated by commas. */
export const isNatsUrl = (url: string): boolean => serversOf(url) !== undefined

const addressOf = ({ hostname, port }: URL): string => `${hostname}:${port === "" ? defaultPort : port}`

/** For display: hosts and ports, without user, password and token. */
export const serverNames = (url: string): string => serversOf(url)?.map(addressOf).join(", ") ?? "no server"

/** Client options for a URL. A user without a password is a token. */
export const connectionOptions = (url: string, name: string): NodeConnectionOptions => {
  const servers = serversOf(url) ?? []
  const [first] = servers
  const user = decodeURIComponent(first?.username ?? "")
  const pass = decodeURIComponent(first?.password ?? "")
  return {
    servers: servers.map(addressOf),
    name,
    ...(user === "" ? {} : pass === "" ? { token: user } : { user, pass }),
    ...(servers.some(({ protocol }) => protocol === "tls:") ? { tls: {} } : {}),
    // We reconnect ourselves: the same way as initially, and it ends when we are told to stop.
    reconnect: false,
    timeout: 5_000,
    pingInterval: 10_000,
    maxPingOut: 2
  }
}
