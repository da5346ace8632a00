import { Effect } from "effect"
import type * as Net from "node:net"

/** Serves on a free port of a host, for the test's scope, and answers `host:port`. Fails where the host cannot be bound. */
export const listen = (server: Net.Server, host = "127.0.0.1") => {
  const sockets = new Set<Net.Socket>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  return Effect.acquireRelease(
    Effect.callback<string, Error>((resume) => {
      server.once("error", (error) => resume(Effect.fail(error)))
      server.listen(0, host, () => {
        const address = server.address()
        const port = typeof address === "string" ? 0 : address?.port
        resume(Effect.succeed(`${host.includes(":") ? `[${host}]` : host}:${port}`))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        sockets.forEach((socket) => socket.destroy())
      })
  )
}
