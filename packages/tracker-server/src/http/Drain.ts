import { Context, Effect, Layer, Schedule } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Server as HttpServer } from "node:http"
import { Server } from "node:net"

/** How long clients that keep a connection open may finish by themselves, before idle ones are closed. */
const idleGrace = "500 millis"
/** How long requests may take to finish after that. */
const requestGrace = "3 seconds"

/** The Node server of this process, and how it ends without cutting a request. */
export class Drain extends Context.Service<Drain, {
  readonly httpServer: HttpServer
  readonly isStopping: () => boolean
  /** Takes no new connections and waits for the requests that run. To be done before anything that they need goes. */
  readonly stop: Effect.Effect<void>
}>()("@durable-effect/tracker-server/Drain") {}

const connections = (server: HttpServer): Effect.Effect<number> =>
  Effect.callback((resume) => {
    server.getConnections((error, count) => resume(Effect.succeed(error === null ? count : 0)))
  })

const untilQuiet = (server: HttpServer) =>
  Effect.repeat(connections(server), { until: (count) => count === 0, schedule: Schedule.spaced("10 millis") })

export const layer: Layer.Layer<Drain> = Layer.sync(Drain, () => {
  const httpServer = new HttpServer()
  let stopping = false
  return {
    httpServer,
    isStopping: () => stopping,
    stop: Effect.gen(function*() {
      stopping = true
      // The plain close stops listening and leaves idle connections alone: a client may be sending on one right now.
      Server.prototype.close.call(httpServer)
      yield* Effect.timeoutOption(untilQuiet(httpServer), idleGrace)
      httpServer.closeIdleConnections()
      yield* Effect.timeoutOption(untilQuiet(httpServer), requestGrace)
      httpServer.closeAllConnections()
    })
  }
})

/** Tells clients with each answer that the connection ends here, once the server stops. */
export const middleware: Layer.Layer<never, never, HttpRouter.HttpRouter | Drain> = HttpRouter.middleware(
  Effect.map(
    Drain,
    ({ isStopping }) => (answer) =>
      Effect.map(
        answer,
        (response) => isStopping() ? HttpServerResponse.setHeader(response, "connection", "close") : response
      )
  ),
  { global: true }
)
