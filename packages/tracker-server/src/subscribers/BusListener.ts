import { EventBus, type Subscription, type SubscriptionStatus } from "@durable-effect/bus"
import { Context, Effect, Exit, Fiber, Layer, Schedule, Scope } from "effect"
import type { Admission } from "../ingest/Admission.ts"
import { stopBudget } from "../stopBudget.ts"
import type { EventStore } from "../storage/EventStore.ts"
import { makeBusMetrics } from "./busMetrics.ts"
import { runSubscriber } from "./subscriber.ts"
import type { BusTenants } from "./tenantOf.ts"
import { group, topics } from "./topics.ts"

/** The state of the bus subscription. */
export interface BusStatus {
  readonly connected: boolean
  readonly topics: { readonly [topic: string]: SubscriptionStatus }
}

/** The bus subscriber, if a bus is configured. */
export class BusListener extends Context.Service<BusListener, {
  /** Null if the server was started without a bus. */
  readonly status: Effect.Effect<BusStatus | null>
  /** Stops consuming messages, finishes storing the current ones, and returns the rest to the bus. */
  readonly stop: Effect.Effect<void>
}>()("@durable-effect/tracker-server/BusListener") {}

/** For a server without a bus. */
export const layerNone: Layer.Layer<BusListener> = Layer.succeed(BusListener, {
  status: Effect.succeed(null),
  stop: Effect.void
})

/** While one batch commits, the next is decoded. */
const batchesAtOnce = 2

/** Maximum age of the metrics. */
const metricsInterval = "5 seconds"

/** Subscribes to all topics until the scope closes, or `stop`. */
export const layer = (tenants: BusTenants): Layer.Layer<BusListener, never, EventBus | EventStore | Admission> =>
  Layer.effect(
    BusListener,
    Effect.gen(function*() {
      const bus = yield* EventBus
      const context = yield* Effect.context<EventStore | Admission>()
      const scope = yield* Scope.make("parallel")
      const subscriptions = new Map<string, Subscription>()
      const fibers: Array<Fiber.Fiber<unknown>> = []
      for (const topic of topics) {
        const subscription = yield* Scope.provide(bus.subscribe(topic, group), yield* Scope.fork(scope))
        subscriptions.set(topic, subscription)
        const run = Effect.provideContext(runSubscriber(subscription, tenants), context)
        for (let n = 0; n < batchesAtOnce; n++) fibers.push(yield* Effect.forkDetach(run))
      }

      const record = makeBusMetrics()
      const status = Effect.gen(function*() {
        const all = yield* Effect.forEach(
          subscriptions,
          ([topic, { status }]) => Effect.map(status, (one) => [topic, one] as const),
          { concurrency: "unbounded" }
        )
        const now: BusStatus = { connected: yield* bus.isConnected, topics: Object.fromEntries(all) }
        yield* record(now)
        return now
      })
      yield* Effect.forkScoped(Effect.repeat(status, Schedule.spaced(metricsInterval)))

      const stop = yield* Effect.cached(
        Effect.andThen(
          Effect.timeoutOption(Fiber.interruptAll(fibers), stopBudget.batchesMs),
          Scope.close(scope, Exit.void)
        )
      )
      yield* Effect.addFinalizer(() => stop)
      return { status, stop }
    })
  )
