import { EventIds } from "@durable-effect/core"
import { Clock, Data, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { eventText, type IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { countEvents } from "../../metrics/countEvents.ts"
import { FactSet } from "../../projection/Facts.ts"
import { project } from "../../projection/project.ts"
import { Committed } from "../Committed.ts"
import { countVerdicts } from "../countVerdicts.ts"
import { type Batch, conflictDetail, EventStore, KeyEnded, type Verdict } from "../EventStore.ts"
import { upsertGroups } from "./DelegationGroups.ts"
import { endedKeys } from "./endedKeys.ts"
import { type Claim, claimIds } from "./EventIds.ts"
import { insertTimeline, type TimelineEntry } from "./EventTimeline.ts"
import { groupCommit, type WriteGroup, type Written } from "./groupCommit.ts"
import { addCounts } from "./IngestCounts.ts"
import { upsertPlans } from "./PlanExecutions.ts"
import { insertRejected, type NewRejected } from "./RejectedEvents.ts"
import { insertTransitions } from "./StateTransitions.ts"
import { upsertTasks } from "./TaskExecutions.ts"
import { TenantSql } from "./TenantSql.ts"
import { upsertTraces } from "./TraceRanges.ts"
import { upsertLosses } from "./TrackerLosses.ts"

const conflict = (event: IncomingEvent): Rejected => ({
  eventId: event.eventId,
  code: "id_conflict",
  detail: conflictDetail,
  body: eventText(event)
})

/** The first event of each id in a group. */
const claimsOf = (group: ReadonlyArray<Batch>): ReadonlyMap<string, Claim> => {
  const first = new Map<string, Claim>()
  for (const { events, reception: { receivedAt } } of group) {
    for (const { eventId, hash } of events) {
      if (!first.has(eventId)) first.set(eventId, { eventId, hash, receivedAt })
    }
  }
  return first
}

/** Some of a group's keys were revoked after their requests were authorized. */
class KeysEnded extends Data.TaggedError("KeysEnded")<{ readonly ids: ReadonlySet<string> }> {}

const keysOf = (group: ReadonlyArray<Batch>): ReadonlySet<string> =>
  new Set(group.flatMap(({ keyId }) => keyId === null ? [] : [keyId]))

const endOf = (ended: ReadonlySet<string>, { keyId }: Batch): KeyEnded | undefined =>
  keyId !== null && ended.has(keyId) ? new KeyEnded({ keyId }) : undefined

/** All statements for a group of requests, within one transaction. */
const write = Effect.fnUntraced(function*(tenantId: string, group: ReadonlyArray<Batch>) {
  const ids = yield* EventIds
  const now = yield* Clock.currentTimeMillis
  const first = claimsOf(group)
  // One round trip: a key revoked during its request is rare enough to roll back for it.
  const [ended, stored] = yield* Effect.all([endedKeys(keysOf(group)), claimIds(tenantId, [...first.values()])], {
    concurrency: "unbounded"
  })
  if (ended.size > 0) return yield* new KeysEnded({ ids: ended })
  const added: Array<TimelineEntry> = []
  const allRejected: Array<NewRejected> = []
  const facts = new FactSet()
  const taken = new Set<string>()
  const verdictOn = ({ eventId, hash }: IncomingEvent): Verdict => {
    const isFresh = !stored.has(eventId)
    if (isFresh && !taken.has(eventId)) return "accepted"
    const known = isFresh ? first.get(eventId)?.hash : stored.get(eventId)
    return known === hash ? "duplicate" : "id_conflict"
  }
  const verdicts = group.map(({ events, reception, rejected }) => {
    const { receivedAt } = reception
    for (const one of rejected) allRejected.push({ ...one, receivedAt })
    return events.map((event) => {
      const verdict = verdictOn(event)
      if (verdict === "accepted") {
        taken.add(event.eventId)
        added.push({ rowId: ids.next(now), event, reception, ordinal: added.length })
        project(event, reception, facts)
      }
      if (verdict === "id_conflict") allRejected.push({ ...conflict(event), receivedAt })
      return verdict
    })
  })
  // Sent together, they cost one round trip; the server runs them in this order.
  yield* Effect.all([
    insertTimeline(tenantId, added),
    upsertTasks(tenantId, facts.tasks.values()),
    upsertPlans(tenantId, facts.plans.values()),
    insertTransitions(tenantId, facts.transitions.values()),
    upsertGroups(tenantId, facts.groups.values()),
    upsertTraces(tenantId, facts.traces.values()),
    insertRejected(tenantId, allRejected),
    upsertLosses(tenantId, group.flatMap(({ lost }) => lost === null ? [] : [lost])),
    addCounts(tenantId, countVerdicts(group, verdicts))
  ], { concurrency: "unbounded", discard: true })
  return verdicts
})

/** Adapter: PostgreSQL, one transaction under the tenant's role for all requests that arrived together. */
export const layer: Layer.Layer<EventStore, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  EventStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    const writeGroup: WriteGroup = (tenantId, group) =>
      // Planning eight statements of thirty columns for every batch would cost more than a small batch itself.
      within(tenantId, "once")(Effect.provideService(write(tenantId, group), SqlClient.SqlClient, sql)).pipe(
        Effect.catchTag("KeysEnded", ({ ids }) => writeWithout(ids, tenantId, group))
      )
    /** Writes the requests of a group whose keys are still valid. */
    const writeWithout = (ended: ReadonlySet<string>, tenantId: string, group: ReadonlyArray<Batch>) =>
      Effect.map(writeGroup(tenantId, group.filter((batch) => endOf(ended, batch) === undefined)), (written) => {
        const rest = written.values()
        return group.map((batch): Written => endOf(ended, batch) ?? rest.next().value ?? [])
      })
    const committed = yield* Committed
    const count = yield* countEvents
    return yield* groupCommit((tenantId, group) =>
      Effect.map(writeGroup(tenantId, group), (written) => {
        committed(tenantId)
        count(countVerdicts(group, written.map((verdicts) => verdicts instanceof KeyEnded ? [] : verdicts)))
        return written
      })
    )
  })
)
