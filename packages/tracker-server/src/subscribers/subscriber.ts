import type { Delivery, Subscription } from "@durable-effect/bus"
import { Cause, Effect, Exit, Schedule } from "effect"
import { storeBatch } from "./storeBatch.ts"
import type { BusTenants } from "./tenantOf.ts"

/** As many as one commit handles best; their bytes are a small part of the ingest budget. */
const batchLimit = { count: 1000, bytes: 2 * 1024 * 1024 }

/** Delays until the store is available again. Held messages cost no redelivery. */
const storeDelays = Schedule.jittered(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("2 seconds")]))

/** A message that cannot be stored is redelivered after this time, possibly to a server that can handle it. */
const puzzledMs = 30_000

const isOutage = ({ _tag }: { readonly _tag: string }) => _tag !== "KeyEnded"

const setAside = (delivery: Delivery, cause: Cause.Cause<unknown>) =>
  Effect.andThen(
    Effect.logError(`A message of ${delivery.topic} could not be stored; it is tried again in half a minute`, cause),
    delivery.retryLater(puzzledMs)
  )

/**
 * Consumes a subscription and stores its messages, batch by batch, forever. Consumes nothing while the store is down.
 * If interrupted, it finishes what it is storing and releases the rest.
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
    // A defect in handling one message must not block the others.
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
