import type { Delivery, Subscription } from "@durable-effect/bus"
import { Cause, Effect, Exit, Schedule } from "effect"
import { storeBatch } from "./storeBatch.ts"
import type { BusTenants } from "./tenantOf.ts"

/** As many as one commit takes at its best; their bytes are a small part of what may be under way. */
const batchLimit = { count: 1000, bytes: 2 * 1024 * 1024 }

/** Until the store takes something again. What waits is held: it costs no delivery. */
const storeDelays = Schedule.jittered(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("2 seconds")]))

/** What no attempt gets through comes again after this, to a server that may know better. */
const puzzledMs = 30_000

const isOutage = ({ _tag }: { readonly _tag: string }) => _tag !== "KeyEnded"

const setAside = (delivery: Delivery, cause: Cause.Cause<unknown>) =>
  Effect.andThen(
    Effect.logError(`A message of ${delivery.topic} could not be stored; it is tried again in half a minute`, cause),
    delivery.retryLater(puzzledMs)
  )

/**
 * Takes what a subscription brings and stores it, batch by batch, for ever. Nothing more is taken while the store is
 * away. Interrupted, it ends what it is storing and lets go of the rest.
 */
export const runSubscriber = (subscription: Subscription, tenants: BusTenants) => {
  const store = (deliveries: ReadonlyArray<Delivery>) =>
    Effect.orDie(
      Effect.retry(Effect.uninterruptible(storeBatch(deliveries, tenants)), { schedule: storeDelays, while: isOutage })
    )

  const one = Effect.fnUntraced(function*() {
    const deliveries = yield* subscription.take(batchLimit)
    const exit = yield* Effect.exit(store(deliveries))
    if (Exit.isSuccess(exit) || Cause.hasInterrupts(exit.cause)) return yield* exit
    // A fault of ours with one of them must not keep the others out.
    yield* Effect.forEach(
      deliveries,
      (delivery) =>
        Effect.catchCause(
          store([delivery]),
          (cause) => Cause.hasInterrupts(cause) ? Effect.interrupt : setAside(delivery, cause)
        ),
      { discard: true }
    )
  })
  return Effect.forever(one())
}
