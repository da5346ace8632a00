import { eventText, type IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { FactSet } from "../../projection/Facts.ts"
import { project } from "../../projection/project.ts"
import { countVerdicts } from "../countVerdicts.ts"
import { type Batch, conflictDetail, type Verdict } from "../EventStore.ts"
import type { Claim } from "./EventIds.ts"
import { insertTimeline, type TimelineEntry } from "./EventTimeline.ts"
import { addCounts } from "./IngestCounts.ts"
import { insertRejected, insertReplayed, type NewRejected } from "./RejectedEvents.ts"
import type { Statement } from "./Statement.ts"
import { upsertLosses } from "./TrackerLosses.ts"
import { upsertFacts } from "./upsertFacts.ts"

/** The first event of each id in a group. */
export const claimsOf = (group: ReadonlyArray<Batch>): ReadonlyMap<string, Claim> => {
  const first = new Map<string, Claim>()
  for (const { events, reception: { receivedAt } } of group) {
    for (const { eventId, hash } of events) {
      if (!first.has(eventId)) first.set(eventId, { eventId, hash, receivedAt })
    }
  }
  return first
}

const conflict = (event: IncomingEvent): Rejected => ({
  eventId: event.eventId,
  code: "id_conflict",
  detail: conflictDetail,
  body: eventText(event)
})

/**
 * The verdicts on a group's events, and the statements that write what is new.
 * @param claims what `claimsOf` returns
 * @param stored the hashes of the events already stored under these ids
 */
export const recordGroup = (
  tenantId: string,
  group: ReadonlyArray<Batch>,
  claims: ReadonlyMap<string, Claim>,
  stored: ReadonlyMap<string, string>
) => {
  const added: Array<TimelineEntry> = []
  const received: Array<NewRejected> = []
  const replayed: Array<NewRejected> = []
  const facts = new FactSet()
  const taken = new Set<string>()
  const verdictOn = ({ eventId, hash }: IncomingEvent): Verdict => {
    const isFresh = !stored.has(eventId)
    if (isFresh && !taken.has(eventId)) return "accepted"
    const known = isFresh ? claims.get(eventId)?.hash : stored.get(eventId)
    return known === hash ? "duplicate" : "id_conflict"
  }
  const verdicts = group.map(({ events, reception, rejected, rereads }) => {
    const { receivedAt } = reception
    const bad = rereads.length === 0 ? received : replayed
    for (const one of rejected) bad.push({ ...one, receivedAt })
    return events.map((event) => {
      const verdict = verdictOn(event)
      if (verdict === "accepted") {
        taken.add(event.eventId)
        added.push({ event, reception, ordinal: added.length })
        project(event, reception, facts)
      }
      if (verdict === "id_conflict") bad.push({ ...conflict(event), receivedAt })
      return verdict
    })
  })
  const statements: ReadonlyArray<Statement> = [
    ...insertTimeline(tenantId, added),
    ...upsertFacts(tenantId, facts),
    ...insertRejected(tenantId, received),
    ...insertReplayed(tenantId, replayed),
    ...upsertLosses(tenantId, group.flatMap(({ lost }) => lost === null ? [] : [lost])),
    ...addCounts(tenantId, countVerdicts(group, verdicts))
  ]
  return { verdicts, statements }
}
