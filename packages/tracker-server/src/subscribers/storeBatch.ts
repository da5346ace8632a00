import type { Delivery } from "@durable-effect/bus"
import { Effect } from "effect"
import { Admission, type Upload } from "../ingest/Admission.ts"
import { ingestDecoded } from "../ingest/ingest.ts"
import { readMessage } from "./readMessage.ts"
import { type BusTenants, ownedBy, type OwnedMessage } from "./tenantOf.ts"

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

/** It is there already: nothing to wait for, and no connection to cut. */
const arrived = (bytes: number): Upload => ({ bytes, arrived: () => bytes, cutOff: () => undefined })

const settle = ({ decoded, delivery }: Received) => decoded._tag === "Event" ? delivery.acknowledge : delivery.reject

/** Those that one publisher's trace brought go in as one request does; the store writes them all in one commit. */
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
 * Keeps what some deliveries hold, refused events included, and settles each once it is committed: what holds an event is
 * acknowledged, all else will not be delivered again. Fails where the store takes nothing now; nothing is settled then
 * that is not kept, and the same deliveries may be given again.
 */
export const storeBatch = Effect.fnUntraced(function*(deliveries: ReadonlyArray<Delivery>, tenants: BusTenants) {
  const received = deliveries.map((delivery): Received => ({ ...ownedBy(readMessage(delivery), tenants), delivery }))
  yield* Effect.forEach(
    groupedBy(received, ({ tenantId }) => tenantId),
    ([tenantId, messages]) => storeOf(tenantId, messages),
    { concurrency: "unbounded", discard: true }
  )
})
