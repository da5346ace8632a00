import { Effect } from "effect"
import { ServeError } from "effect/http/HttpServerError"
import { createServer } from "node:net"

/** Fails immediately if the server could not listen, before anything is started or written for it. */
export const checkPort = (host: string, port: number): Effect.Effect<void, ServeError> =>
  Effect.callback((resume) => {
    const server = createServer()
    server.once("error", (cause) => resume(Effect.fail(new ServeError({ cause }))))
    server.listen({ host, port }, () => {
      server.close(() => resume(Effect.void))
    })
  })
