import type { Delivery, Subscription } from "@durable-effect/bus"
import { Cause, Effect, Exit } from "effect"
import { storeBatch } from "./storeBatch.ts"
import type { BusTenants } from "./tenantOf.ts"

/** As many as one commit handles best; their bytes are a small part of the ingest budget. */
const batchLimit = { count: 1000, bytes: 2 * 1024 * 1024 }

/** A message that cannot be stored is redelivered after this time, possibly to a server that can handle it. */
const puzzledMs = 30_000

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
  const one = Effect.fnUntraced(function*() {
    const deliveries = yield* subscription.take(batchLimit)
    const exit = yield* Effect.exit(storeBatch(deliveries, tenants))
    if (Exit.isSuccess(exit) || Cause.hasInterrupts(exit.cause)) return yield* exit
    // A defect in handling one message must not block the others.
    yield* Effect.forEach(
      deliveries,
      (delivery) =>
        Effect.catchCause(
          storeBatch([delivery], tenants),
          (cause) => Cause.hasInterrupts(cause) ? Effect.interrupt : setAside(delivery, cause)
        ),
      { discard: true }
    )
  })
  return Effect.forever(one())
}
