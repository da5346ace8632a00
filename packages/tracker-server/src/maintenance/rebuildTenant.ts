import { Effect, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { least } from "../projection/Fact.ts"
import { FactSet } from "../projection/Facts.ts"
import { project } from "../projection/project.ts"
import {
  currentSnapshot,
  type EventRange,
  extentOf,
  forEachPage,
  type RetainedEvent
} from "../storage/postgres/RetainedEvents.ts"
import { notDroppedSince } from "../storage/postgres/RetentionMark.ts"
import {
  countKept,
  type Difference,
  differencesAfter,
  findDifferences,
  replaceRows
} from "../storage/postgres/ShadowDifferences.ts"
import { clearShadows, type ShadowTables } from "../storage/postgres/ShadowTables.ts"
import { sqlFailure } from "../storage/postgres/sqlFailure.ts"
import { runAll } from "../storage/postgres/Statement.ts"
import { upsertFacts } from "../storage/postgres/upsertFacts.ts"
import { allowWrites } from "../storage/postgres/writes.ts"

/** A row is rebuilt from all of its events or not at all. */
export class EventsUnread extends Schema.TaggedError<EventsUnread>()("EventsUnread", {
  tenantId: Schema.String,
  folded: Schema.Natural,
  present: Schema.Natural
}) {
  override get message() {
    return `Only ${this.folded} of the ${this.present} events of ${this.tenantId} could be read; none of its rows was ` +
      "changed. Run it again, and report it as a mistake of tracker-server when it stays so."
  }
}

/** The result for one tenant. */
export interface Rebuilt {
  readonly tenantId: string
  /** Events folded. */
  readonly events: number
  /** Rows that differed from their events, by table; a dry run leaves them so. */
  readonly differences: { readonly [table: string]: number }
  /** Plans and tasks left unchanged because some of their events are gone. */
  readonly kept: number
}

export interface Progress {
  readonly tenantId: string
  /** Events folded so far, and the approximate total. */
  readonly folded: number
  readonly total: number
}

/** Rows replaced per transaction; ingest waits while it runs. */
const chunkRows = 5_000
/** Number of remaining events to fold in the transaction that blocks writers. */
const fewEvents = 1_000

/** Later than any event's reception: if no events are left, no row has all of its events. */
const noEvents = "9999-12-31T23:59:59.999999Z"

/** A tenant whose events are being folded. */
interface Rebuilding {
  readonly tenantId: string
  readonly shadows: ShadowTables
  readonly total: number
  readonly onProgress: (progress: Progress) => Effect.Effect<void>
}

/** What the shadows contain. A value, so that a transaction that is rolled back changes neither them nor this. */
interface Folded {
  /** They contain all that is visible to this snapshot. */
  readonly seenBy: string
  readonly events: number
  /** When the first of the events was received; null without any. */
  readonly firstReceivedAt: string | null
}

const isContended = (error: SqlError) => sqlFailure(error) === "contention" || error.reason._tag === "LockTimeoutError"

/** Writes events' projections into the shadow tables, with the statements used for the live tables. */
const foldPage = Effect.fnUntraced(
  function*(tenantId: string, shadows: ShadowTables, page: ReadonlyArray<RetainedEvent>) {
    const sql = yield* SqlClient.SqlClient
    const facts = new FactSet()
    for (const { event, reception } of page) project(event, reception, facts)
    yield* sql.withTransaction(runAll([
      { sql: shadows.require, params: [] },
      { sql: `SELECT ${allowWrites}`, params: [] },
      ...upsertFacts(tenantId, facts)
    ]))
  }
)

const fold = Effect.fnUntraced(
  function*({ onProgress, shadows, tenantId, total }: Rebuilding, before: Folded, range: EventRange) {
    let { events, firstReceivedAt } = before
    yield* forEachPage(tenantId, range, (page) => {
      events += page.length
      for (const { reception } of page) firstReceivedAt = least(firstReceivedAt, reception.receivedAt)
      return Effect.andThen(foldPage(tenantId, shadows, page), onProgress({ tenantId, folded: events, total }))
    })
    const after: Folded = { ...before, events, firstReceivedAt }
    return after
  }
)

/** Folds what has become visible since. */
const catchUp = Effect.fnUntraced(function*(rebuilding: Rebuilding, before: Folded) {
  const seenBy = yield* currentSnapshot
  const after: Folded = { ...yield* fold(rebuilding, before, { seenBy, notBy: before.seenBy }), seenBy }
  return after
})

/** Folds all up to a transaction, and of what arrives meanwhile all but a little. */
const foldMost = Effect.fnUntraced(function*(rebuilding: Rebuilding, seenBy: string, last: string | null) {
  let folded: Folded = { seenBy, events: 0, firstReceivedAt: null }
  if (last !== null) folded = yield* fold(rebuilding, folded, { upTo: last })
  for (let behind = Infinity;;) {
    const before = folded.events
    folded = yield* catchUp(rebuilding, folded)
    const caughtUp = folded.events - before
    if (caughtUp <= fewEvents || caughtUp >= behind) return folded
    behind = caughtUp
  }
})

const retainedSince = ({ firstReceivedAt }: Folded) => notDroppedSince(firstReceivedAt ?? noEvents)

/** Compares the live rows with the events that produced them, in one snapshot: nobody has to wait. */
const compare = Effect.fnUntraced(function*(rebuilding: Rebuilding, before: Folded) {
  const { shadows, tenantId } = rebuilding
  const sql = yield* SqlClient.SqlClient
  return yield* sql.withTransaction(Effect.gen(function*() {
    yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
    const folded = yield* catchUp(rebuilding, before)
    const { events: present } = yield* extentOf(tenantId)
    if (folded.events < present) return yield* new EventsUnread({ tenantId, folded: folded.events, present })
    const since = yield* retainedSince(folded)
    const differences = yield* findDifferences(shadows, tenantId, since)
    return { folded, differences, kept: yield* countKept(shadows, tenantId, since) }
  }))
})

/** Blocks ingest, which takes the lock on event ids first; transactions already begun have finished by then. */
const holdWriters = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // Longer than PostgreSQL takes to cancel an autovacuum, shorter than a writer's timeout.
  yield* sql`SET LOCAL lock_timeout = '3s'`
  yield* sql`LOCK TABLE event_ids IN SHARE ROW EXCLUSIVE MODE`
})

/**
 * Replaces some of the rows that differ. Live rows and shadows correspond exactly while writers are blocked, so each of
 * them ends up correct.
 */
const replace = Effect.fnUntraced(
  function*(rebuilding: Rebuilding, before: Folded, rows: ReadonlyArray<Difference>) {
    const sql = yield* SqlClient.SqlClient
    return yield* sql.withTransaction(Effect.gen(function*() {
      yield* holdWriters
      const folded = yield* catchUp(rebuilding, before)
      yield* replaceRows(rebuilding.shadows, rebuilding.tenantId, yield* retainedSince(folded), rows)
      return folded
    }))
  },
  Effect.retry({
    while: (error) => isSqlError(error) && isContended(error),
    times: 20,
    schedule: Schedule.spaced("500 millis")
  })
)

/** Replaces all rows that differ, some at a time; returns what is folded by then. */
const replaceAll = Effect.fnUntraced(function*(rebuilding: Rebuilding, before: Folded) {
  let folded = before
  for (let place = 0;;) {
    const rows = yield* differencesAfter(place, chunkRows)
    const last = rows.at(-1)
    if (last === undefined) return folded
    folded = yield* replace(rebuilding, folded, rows)
    place = last.place
  }
})

/** Folds a tenant's retained events into the shadows and, unless it is a dry run, corrects the rows that differ. */
export const rebuildTenant = Effect.fnUntraced(function*(
  tenantId: string,
  shadows: ShadowTables,
  { isDryRun, onProgress }: Pick<Rebuilding, "onProgress"> & { readonly isDryRun: boolean }
) {
  const start = yield* currentSnapshot
  const { events: total, last } = yield* extentOf(tenantId)
  const rebuilding: Rebuilding = { tenantId, shadows, total, onProgress }
  yield* clearShadows(shadows)
  const { differences, folded, kept } = yield* compare(rebuilding, yield* foldMost(rebuilding, start, last))
  const { events } = isDryRun ? folded : yield* replaceAll(rebuilding, folded)
  const rebuilt: Rebuilt = { tenantId, events, differences, kept }
  return rebuilt
})
