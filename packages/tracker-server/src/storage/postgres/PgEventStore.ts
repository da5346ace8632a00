import { EventIds } from "@durable-effect/core"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Buffer } from "node:buffer"
import { eventText, type IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { FactSet } from "../../projection/Facts.ts"
import { project } from "../../projection/project.ts"
import { type Batch, conflictDetail, EventStore, type Verdict } from "../EventStore.ts"
import { upsertGroups } from "./DelegationGroups.ts"
import { type Claim, claimIds } from "./EventIds.ts"
import { insertTimeline, type TimelineEntry } from "./EventTimeline.ts"
import { groupCommit } from "./groupCommit.ts"
import { upsertPlans } from "./PlanExecutions.ts"
import { insertRejected, type Quarantined } from "./RejectedEvents.ts"
import { insertTransitions } from "./StateTransitions.ts"
import { upsertTasks } from "./TaskExecutions.ts"
import { TenantSql } from "./TenantSql.ts"
import { upsertTraces } from "./TraceRanges.ts"
import { upsertLosses } from "./TrackerLosses.ts"

const isSame = (left: Uint8Array | undefined, right: Uint8Array) =>
  left !== undefined && Buffer.compare(left, right) === 0

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

/** All statements of some requests, within one transaction. */
const write = Effect.fnUntraced(function*(tenantId: string, group: ReadonlyArray<Batch>) {
  const ids = yield* EventIds
  const now = yield* Clock.currentTimeMillis
  const first = claimsOf(group)
  const stored = yield* claimIds(tenantId, [...first.values()])
  const added: Array<TimelineEntry> = []
  const refused: Array<Quarantined> = []
  const facts = new FactSet()
  const taken = new Set<string>()
  const verdictOn = ({ eventId, hash }: IncomingEvent): Verdict => {
    const isFresh = !stored.has(eventId)
    if (isFresh && !taken.has(eventId)) return "accepted"
    const known = isFresh ? first.get(eventId)?.hash : stored.get(eventId)
    return isSame(known, hash) ? "duplicate" : "id_conflict"
  }
  const verdicts = group.map(({ events, reception, rejected }) => {
    const { receivedAt } = reception
    for (const one of rejected) refused.push({ ...one, receivedAt })
    return events.map((event) => {
      const verdict = verdictOn(event)
      if (verdict === "accepted") {
        taken.add(event.eventId)
        added.push({ rowId: ids.next(now), event, reception, ordinal: added.length })
        project(event, reception, facts)
      }
      if (verdict === "id_conflict") refused.push({ ...conflict(event), receivedAt })
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
    insertRejected(tenantId, refused),
    upsertLosses(tenantId, group.flatMap(({ lost }) => lost === null ? [] : [lost]))
  ], { concurrency: "unbounded", discard: true })
  return verdicts
})

/** Adapter: PostgreSQL, one transaction under the tenant's role for all requests that came together. */
export const layer: Layer.Layer<EventStore, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  EventStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    return yield* groupCommit((tenantId, group) =>
      // Planning eight statements of thirty columns again for every batch would cost more than a small batch.
      within(tenantId, "once")(Effect.provideService(write(tenantId, group), SqlClient.SqlClient, sql))
    )
  })
)
