import { Context, Deferred, Effect, Layer, Schedule } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import type { Server as HttpServer } from "node:http"
import { Server } from "node:net"
import { Unavailable } from "../api/errors.ts"
import { stopBudget } from "../stopBudget.ts"
import { makeNodeServer } from "./nodeServer.ts"

/** The Node server of this process, and how it ends without cutting a request. */
export class Drain extends Context.Service<Drain, {
  readonly httpServer: HttpServer
  readonly isStopping: () => boolean
  /** Ends once the server begins to stop. */
  readonly stopping: Effect.Effect<void>
  /** Ends once the requests that still run have used up the time that a stop has for them. */
  readonly overdue: Effect.Effect<void>
  /** Takes no new connections and waits for the requests that run. To be done before anything that they need goes. */
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
        // The plain close stops listening and leaves idle connections alone: a client may be sending on one right now.
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

/** It stands outside of what gives other problems their headers. */
const tooLate = Effect.map(
  Effect.orDie(
    new Unavailable({
      detail: "The server stops and did not get to the end of this request. Send it again: nothing is stored twice."
    })[HttpServerRespondable.symbol]()
  ),
  HttpServerResponse.setHeader("retry-after", "1")
)

/**
 * Tells clients with each answer that the connection ends here, once the server stops; and answers the requests for
 * which its time was too short, so that no client is left with a connection that breaks.
 */
export const middleware: Layer.Layer<never, never, HttpRouter.HttpRouter | Drain> = HttpRouter.middleware(
  Effect.map(
    Drain,
    ({ isStopping, overdue }) => (answer) =>
      Effect.map(
        // Interruptible, since what runs for a client that has left runs for nobody: the router lets that through to its
        // handlers, but not to the fibers of a race around it.
        Effect.interruptible(Effect.raceFirst(answer, Effect.andThen(overdue, tooLate))),
        (response) => isStopping() ? HttpServerResponse.setHeader(response, "connection", "close") : response
      )
  ),
  { global: true }
)
