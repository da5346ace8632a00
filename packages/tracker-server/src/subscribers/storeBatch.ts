import type { Delivery } from "@durable-effect/bus"
import { Effect, Schedule } from "effect"
import { Admission, type Upload } from "../ingest/Admission.ts"
import { ingestDecoded } from "../ingest/ingest.ts"
import type { BusMessage } from "./keptMessage.ts"
import { type BusTenants, type OwnedMessage, ownedMessage } from "./tenantOf.ts"

interface Received extends OwnedMessage {
  readonly delivery: Delivery
}

const groupedBy = <K>(all: ReadonlyArray<Received>, key: (one: Received) => K): ReadonlyMap<K, Array<Received>> => {
  const groups = new Map<K, Array<Received>>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group === undefined) groups.set(key(one), [one])
    else group.push(one)
  }
  return groups
}

/** Delays until the store is available again. Held messages cost no redelivery. */
const storeDelays = Schedule.jittered(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("2 seconds")]))

const isOutage = ({ _tag }: { readonly _tag: string }) => _tag !== "KeyEnded"

/** Already received: nothing to wait for, and no connection to close. */
const arrived = (bytes: number): Upload => ({ bytes, arrived: () => bytes, cutOff: () => undefined })

const settle = ({ decoded, delivery }: Received) => decoded._tag === "Event" ? delivery.acknowledge : delivery.reject

const messageOf = ({ body, damage, headers, topic }: Delivery, { field }: BusTenants): BusMessage => ({
  topic,
  headers,
  body,
  damage,
  tenantField: field
})

/** Messages with the same publisher's trace are ingested like one request; the store writes them all in one commit. */
const storeOf = Effect.fnUntraced(function*(tenantId: string, messages: ReadonlyArray<Received>) {
  const admission = yield* Admission
  const bytes = messages.reduce((sum, { delivery }) => sum + delivery.bytes, 0)
  const requests = [...groupedBy(messages, ({ requestTraceId }) => requestTraceId)]
  yield* admission.within(tenantId, arrived(bytes), ({ hold }) =>
    Effect.andThen(
      hold(bytes),
      Effect.forEach(
        requests,
        ([requestTraceId, group]) => ingestDecoded(tenantId, group.map(({ decoded }) => decoded), { requestTraceId }),
        { concurrency: "unbounded", discard: true }
      )
    ))
  yield* Effect.forEach(messages, settle, { discard: true })
})

/**
 * Stores the content of some deliveries, rejected events included, and settles each once it is committed: those with an
 * event are acknowledged, all others will not be redelivered. While the store is unavailable it tries again, tenant by
 * tenant. If interrupted, it finishes what it is storing; nothing is settled that is not stored.
 */
export const storeBatch = Effect.fnUntraced(function*(deliveries: ReadonlyArray<Delivery>, tenants: BusTenants) {
  const received = deliveries.map((delivery): Received => ({
    ...ownedMessage(messageOf(delivery, tenants), tenants.tenant),
    delivery
  }))
  yield* Effect.forEach(
    groupedBy(received, ({ tenantId }) => tenantId),
    ([tenantId, messages]) =>
      Effect.retry(Effect.uninterruptible(storeOf(tenantId, messages)), { schedule: storeDelays, while: isOutage }),
    { concurrency: "unbounded", discard: true }
  )
}, Effect.orDie)
