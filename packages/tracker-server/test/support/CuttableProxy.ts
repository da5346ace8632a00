import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { Changes } from "./Changes.ts"

/** A way to a server that can be cut, and made again. */
export interface CuttableProxy {
  readonly url: string
  /** Connections that are open now, and all there have been. */
  readonly connections: () => { readonly open: number; readonly ever: number }
  readonly until: (isSo: () => boolean) => Effect.Effect<void>
  /** Breaks all connections, as an unplugged cable. */
  readonly cut: Effect.Effect<void>
}

export interface CuttableProxyOptions {
  /** Called with what arrives, before it is passed on. May change it in place. */
  readonly onData?: (data: Buffer, towards: "server" | "client") => void
}

/** Passes on all bytes to a server, until the scope closes. */
export const cuttableProxy = (
  target: string,
  { onData = () => undefined }: CuttableProxyOptions = {}
): Effect.Effect<CuttableProxy, never, Scope.Scope> =>
  Effect.gen(function*() {
    const changes = new Changes()
    const open = new Set<Socket>()
    let ever = 0
    const { hostname, port } = new URL(target)
    const server = createServer((near) => {
      const far = connect(Number(port), hostname)
      open.add(near)
      ever++
      near.on("data", (data: Buffer) => onData(data, "server")).pipe(far)
      far.on("data", (data: Buffer) => onData(data, "client")).pipe(near)
      const end = () => {
        open.delete(near)
        near.destroy()
        far.destroy()
        changes.note()
      }
      for (const socket of [near, far]) socket.on("error", end).on("close", end)
      changes.note()
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
      () =>
        Effect.promise(() => {
          for (const socket of open) socket.destroy()
          return new Promise((resolve) => server.close(resolve))
        })
    )
    const address = server.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    return {
      url: `http://127.0.0.1:${address.port}`,
      connections: () => ({ open: open.size, ever }),
      until: (isSo) => changes.until(isSo),
      cut: Effect.sync(() => {
        for (const socket of open) socket.resetAndDestroy()
      })
    }
  })
