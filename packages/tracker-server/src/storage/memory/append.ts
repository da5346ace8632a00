import { eventText } from "../../ingest/IncomingEvent.ts"
import { project } from "../../projection/project.ts"
import { countVerdicts } from "../countVerdicts.ts"
import { type Batch, conflictDetail, type Verdict } from "../EventStore.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"

/** Stores a batch and returns the outcome of each event. */
export const appendTo = (
  tenant: MemoryTenant,
  batch: Batch
): ReadonlyArray<Verdict> => {
  const { events, lost, reception, rejected } = batch
  const { receivedAt } = reception
  const transaction = ++tenant.transactions
  const present = tenant.events.size
  tenant.rejected.push(...rejected.map((one) => ({ ...one, receivedAt })))
  for (const [reason, count] of Object.entries(lost?.counts ?? {})) {
    const serviceKey = lost?.serviceKey ?? ""
    const name = JSON.stringify([lost?.tracker, serviceKey, reason])
    tenant.losses.set(name, { serviceKey, reason, count: Math.max(count, tenant.losses.get(name)?.count ?? 0) })
  }
  const verdicts = events.map((event): Verdict => {
    const stored = tenant.events.get(event.eventId)
    if (stored === undefined) {
      tenant.events.set(event.eventId, { event, receivedAt, transaction, ordinal: tenant.events.size - present })
      project(event, reception, tenant.facts)
      return "accepted"
    }
    if (stored.event.hash === event.hash) return "duplicate"
    tenant.rejected.push({
      eventId: event.eventId,
      code: "id_conflict",
      detail: conflictDetail,
      body: eventText(event),
      receivedAt
    })
    return "id_conflict"
  })
  for (const [verdict, count] of countVerdicts([batch], [verdicts])) {
    tenant.verdicts.set(verdict, count + (tenant.verdicts.get(verdict) ?? 0))
  }
  return verdicts
}
