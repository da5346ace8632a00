import { Context, Deferred, Effect, Layer, Schedule } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import type { Server as HttpServer } from "node:http"
import { Server } from "node:net"
import { Unavailable } from "../api/errors.ts"
import { stopBudget } from "../stopBudget.ts"
import { makeNodeServer } from "./nodeServer.ts"

/** The Node server of this process, and how to stop it without cutting off a request. */
export class Drain extends Context.Service<Drain, {
  readonly httpServer: HttpServer
  readonly isStopping: () => boolean
  /** Completes once the server begins to stop. */
  readonly stopping: Effect.Effect<void>
  /** Completes once the running requests have used up the time a stop allows them. */
  readonly overdue: Effect.Effect<void>
  /** Stops accepting connections and waits for running requests. Run it before releasing anything they need. */
  readonly stop: Effect.Effect<void>
}>()("@durable-effect/tracker-server/Drain") {}

const connections = (server: HttpServer): Effect.Effect<number> =>
  Effect.callback((resume) => {
    server.getConnections((error, count) => resume(Effect.succeed(error === null ? count : 0)))
  })

const untilQuiet = (server: HttpServer) =>
  Effect.repeat(connections(server), { until: (count) => count === 0, schedule: Schedule.spaced("10 millis") })

export const layer: Layer.Layer<Drain> = Layer.effect(
  Drain,
  Effect.map(makeNodeServer, (httpServer) => {
    const overdue = Deferred.makeUnsafe<void>()
    const stopping = Deferred.makeUnsafe<void>()
    return {
      httpServer,
      isStopping: () => Deferred.isDoneUnsafe(stopping),
      stopping: Deferred.await(stopping),
      overdue: Deferred.await(overdue),
      stop: Effect.gen(function*() {
        yield* Deferred.succeed(stopping, undefined)
        // The base class's `close` stops listening but leaves idle connections open: a client may be sending on one
        // right now.
        Server.prototype.close.call(httpServer)
        yield* Effect.timeoutOption(untilQuiet(httpServer), stopBudget.idleMs)
        httpServer.closeIdleConnections()
        yield* Effect.timeoutOption(untilQuiet(httpServer), stopBudget.requestsMs)
        yield* Deferred.succeed(overdue, undefined)
        yield* Effect.timeoutOption(untilQuiet(httpServer), stopBudget.answersMs)
        httpServer.closeAllConnections()
      })
    }
  })
)

/** Sets its own headers, because it is outside the layer that adds them to other problems. */
const tooLate = Effect.map(
  Effect.orDie(
    new Unavailable({
      detail: "The server stops and did not get to the end of this request. Send it again: nothing is stored twice."
    })[HttpServerRespondable.symbol]()
  ),
  HttpServerResponse.setHeader("retry-after", "1")
)

/**
 * Once the server stops, tells clients with each response that the connection closes, and answers the requests that ran
 * out of time, so that no client is left with a broken connection.
 */
export const middleware: Layer.Layer<never, never, HttpRouter.HttpRouter | Drain> = HttpRouter.middleware(
  Effect.map(
    Drain,
    ({ isStopping, overdue }) => (answer) =>
      Effect.map(
        // Interruptible, because work for a disconnected client is wasted: the router passes interruption on to its
        // handlers, but not to the fibers of a race around it.
        Effect.interruptible(Effect.raceFirst(answer, Effect.andThen(overdue, tooLate))),
        (response) => isStopping() ? HttpServerResponse.setHeader(response, "connection", "close") : response
      )
  ),
  { global: true }
)
