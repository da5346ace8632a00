import { EventIds } from "@durable-effect/core"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Buffer } from "node:buffer"
import { givenEvent, type IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { projectAll } from "../../projection/project.ts"
import { type Batch, conflictDetail, EventStore, type Verdict } from "../EventStore.ts"
import { upsertGroups } from "./DelegationGroups.ts"
import { claimIds } from "./EventIds.ts"
import { insertTimeline } from "./EventTimeline.ts"
import { upsertPlans } from "./PlanExecutions.ts"
import { insertRejected } from "./RejectedEvents.ts"
import { insertTransitions } from "./StateTransitions.ts"
import { upsertTasks } from "./TaskExecutions.ts"
import { TenantSql } from "./TenantSql.ts"
import { upsertTraces } from "./TraceRanges.ts"
import { upsertLosses } from "./TrackerLosses.ts"

const isSame = (left: Uint8Array | undefined, right: Uint8Array) =>
  left !== undefined && Buffer.compare(left, right) === 0

/** The first event of each id. */
const firstOfEach = (events: ReadonlyArray<IncomingEvent>): ReadonlyMap<string, IncomingEvent> => {
  const first = new Map<string, IncomingEvent>()
  for (const event of events) {
    if (!first.has(event.eventId)) first.set(event.eventId, event)
  }
  return first
}

const conflict = (event: IncomingEvent): Rejected => ({
  eventId: event.eventId,
  code: "id_conflict",
  detail: conflictDetail,
  body: JSON.stringify(givenEvent(event))
})

/** All statements of one batch, within one transaction. */
const write = Effect.fnUntraced(function*(tenantId: string, { events, lost, reception, rejected }: Batch) {
  const first = firstOfEach(events)
  const { fresh, stored } = yield* claimIds(tenantId, [...first.values()], reception.receivedAt)
  const verdicts = events.map((event): Verdict => {
    const winner = first.get(event.eventId)
    if (fresh.has(event.eventId)) {
      return winner === event ? "accepted" : isSame(winner?.hash, event.hash) ? "duplicate" : "id_conflict"
    }
    return isSame(stored.get(event.eventId), event.hash) ? "duplicate" : "id_conflict"
  })
  const added = events.filter((_, i) => verdicts[i] === "accepted")
  const refused = [...rejected, ...events.filter((_, i) => verdicts[i] === "id_conflict").map(conflict)]
  const facts = projectAll(added, reception)
  const ids = yield* EventIds
  const now = yield* Clock.currentTimeMillis
  // Sent together, they cost one round trip; the server runs them in this order.
  yield* Effect.all([
    insertTimeline(tenantId, added, added.map(() => ids.next(now)), reception),
    upsertTasks(tenantId, facts.tasks.values()),
    upsertPlans(tenantId, facts.plans.values()),
    insertTransitions(tenantId, facts.transitions.values()),
    upsertGroups(tenantId, facts.groups.values()),
    upsertTraces(tenantId, facts.traces.values()),
    insertRejected(tenantId, refused, reception.receivedAt),
    upsertLosses(tenantId, lost)
  ], { concurrency: "unbounded", discard: true })
  return verdicts
})

/** Adapter: PostgreSQL, one transaction a batch under the tenant's role. */
export const layer: Layer.Layer<EventStore, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  EventStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    return {
      append: (tenantId, batch) =>
        within(tenantId)(Effect.provideService(write(tenantId, batch), SqlClient.SqlClient, sql))
    }
  })
)
