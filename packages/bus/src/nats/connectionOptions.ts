import type { NodeConnectionOptions } from "@nats-io/transport-node"

const defaultPort = 4222

const parsed = (text: string): URL | undefined => {
  const trimmed = text.trim()
  // Not a special scheme, so that a port is kept whatever it is.
  return /^(nats|tls):\/\//.test(trimmed) && URL.canParse(trimmed) ? new URL(trimmed) : undefined
}

const serversOf = (url: string): ReadonlyArray<URL> | undefined => {
  const servers = url.split(",").map(parsed)
  return servers.every((server) => server !== undefined && server.hostname !== "" && /^\/?$/.test(server.pathname))
    ? servers.filter((server) => server !== undefined)
    : undefined
}

/** Whether servers can be found by this: `nats://` or `tls://`, host, perhaps a port; several with commas between. */
export const isNatsUrl = (url: string): boolean => serversOf(url) !== undefined

const addressOf = ({ hostname, port }: URL): string => `${hostname}:${port === "" ? defaultPort : port}`

/** For people: hosts and ports, without user, password and token. */
export const serverNames = (url: string): string => serversOf(url)?.map(addressOf).join(", ") ?? "no server"

/** What the client takes for a URL. A user without a password is a token. */
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
    // We connect again ourselves: the same way as at first, and it ends when we are told to stop.
    reconnect: false,
    timeout: 5_000,
    pingInterval: 10_000,
    maxPingOut: 2
  }
}
