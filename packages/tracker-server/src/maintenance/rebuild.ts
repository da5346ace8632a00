import { Effect, type Redacted, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { least } from "../projection/Fact.ts"
import { FactSet } from "../projection/Facts.ts"
import { project } from "../projection/project.ts"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import * as PgConnection from "../storage/postgres/PgConnection.ts"
import {
  currentSnapshot,
  type EventRange,
  extentOf,
  forEachPage,
  type RetainedEvent,
  tenantsWithEvents
} from "../storage/postgres/RetainedEvents.ts"
import { notDroppedSince } from "../storage/postgres/RetentionMark.ts"
import { countKept, differencesAfter, findDifferences, replaceRows } from "../storage/postgres/ShadowDifferences.ts"
import { clearShadows, makeShadows, type ShadowTables } from "../storage/postgres/ShadowTables.ts"
import { sqlFailure, sqlState } from "../storage/postgres/sqlFailure.ts"
import { runAll } from "../storage/postgres/Statement.ts"
import { orUnavailable } from "../storage/postgres/TenantSql.ts"
import { upsertFacts } from "../storage/postgres/upsertFacts.ts"
import { allowWrites } from "../storage/postgres/writes.ts"
import { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** Only one rebuild can run on a database at a time. */
export class RebuildRunning extends Schema.TaggedError<RebuildRunning>()("RebuildRunning", {}) {
  override get message() {
    return "Another rebuild runs on this database. Wait until it is over, then run this one again if it is still needed."
  }
}

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

export interface RebuildOptions {
  /** Connects as the owner. */
  readonly url: Redacted.Redacted
  /** Default: all tenants with events, by name. */
  readonly tenantId?: string | undefined
  /** Reports the differences without fixing them. */
  readonly isDryRun: boolean
  /** Called after each page of events. */
  readonly onProgress: (progress: Progress) => Effect.Effect<void>
  readonly onTenant: (rebuilt: Rebuilt) => Effect.Effect<void>
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

const isContended = (error: SqlError) => sqlFailure(error) === "contention" || error.reason._tag === "LockTimeoutError"

/** A connection that replaced a lost one has no shadow tables. */
const isSessionLost = (error: SqlError) => sqlState(error) === "3F000"

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

/** Blocks ingest, which takes the lock on event ids first; transactions already begun have finished by then. */
const holdWriters = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // Longer than PostgreSQL takes to cancel an autovacuum, shorter than a writer's timeout.
  yield* sql`SET LOCAL lock_timeout = '3s'`
  yield* sql`LOCK TABLE event_ids IN SHARE ROW EXCLUSIVE MODE`
})

const rebuildTenant = Effect.fnUntraced(
  function*(tenantId: string, shadows: ShadowTables, { isDryRun, onProgress }: RebuildOptions) {
    const sql = yield* SqlClient.SqlClient
    /** Everything visible to this snapshot has been folded. */
    let seen = yield* currentSnapshot
    const { events: total, last } = yield* extentOf(tenantId)
    let folded = 0
    let firstReceivedAt: string | null = null

    const fold = (range: EventRange) =>
      forEachPage(tenantId, range, (page) => {
        folded += page.length
        for (const { reception } of page) firstReceivedAt = least(firstReceivedAt, reception.receivedAt)
        return Effect.andThen(foldPage(tenantId, shadows, page), onProgress({ tenantId, folded, total }))
      })
    const catchUp = Effect.gen(function*() {
      const now = yield* currentSnapshot
      const events = yield* fold({ seenBy: now, notBy: seen })
      return { events, now }
    })
    const retainedSince = Effect.suspend(() => notDroppedSince(firstReceivedAt ?? noEvents))

    yield* clearShadows(shadows)
    if (last !== null) yield* fold({ upTo: last })
    for (let behind = Infinity;;) {
      const { events, now } = yield* catchUp
      seen = now
      if (events <= fewEvents || events >= behind) break
      behind = events
    }
    // Live rows and the events that produced them, in the same snapshot: nobody has to wait.
    const found = yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
      const { now } = yield* catchUp
      const { events: present } = yield* extentOf(tenantId)
      if (folded < present) return yield* new EventsUnread({ tenantId, folded, present })
      const since = yield* retainedSince
      const differences = yield* findDifferences(shadows, tenantId, since)
      return { differences, kept: yield* countKept(shadows, tenantId, since), now }
    }))
    seen = found.now
    if (!isDryRun) {
      for (let place = 0;;) {
        const chunk = yield* differencesAfter(place, chunkRows)
        const last = chunk.at(-1)
        if (last === undefined) break
        // Live rows and shadow rows correspond exactly while writers are blocked, so every changed row ends up correct.
        seen = yield* sql.withTransaction(Effect.gen(function*() {
          yield* holdWriters
          const { now } = yield* catchUp
          yield* replaceRows(shadows, tenantId, yield* retainedSince, chunk)
          return now
        })).pipe(
          Effect.retry({
            while: (error) => isSqlError(error) && isContended(error),
            times: 20,
            schedule: Schedule.spaced("500 millis")
          })
        )
        place = last.place
      }
    }
    const rebuilt: Rebuilt = {
      tenantId,
      events: folded,
      differences: found.differences,
      kept: found.kept
    }
    return rebuilt
  }
)

/** Later than any event's reception: if no events are left, no row has all of its events. */
const noEvents = "9999-12-31T23:59:59.999999Z"

const tryLock = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [lock] = yield* sql<{ taken: boolean }>`
    SELECT pg_try_advisory_lock(${advisoryLock.space}, ${advisoryLock.rebuild}) AS taken`
  return lock?.taken === true
})

const rebuildAll = Effect.fnUntraced(function*(options: RebuildOptions) {
  // The session of a rebuild that was killed may be about to end.
  const isAlone = yield* Effect.repeat(tryLock, {
    until: (taken) => taken,
    times: 20,
    schedule: Schedule.spaced("100 millis")
  })
  if (!isAlone) return yield* new RebuildRunning()
  const tenants = options.tenantId === undefined ? yield* tenantsWithEvents : [options.tenantId]
  const shadows = yield* makeShadows
  for (const tenantId of tenants) yield* options.onTenant(yield* rebuildTenant(tenantId, shadows, options))
})

/**
 * Folds the retained events again, alongside live ingest, and corrects rows that differ from what their events say.
 * Rows with missing events are left alone. Repeating or interrupting it at any point does no harm.
 */
export const rebuild = (options: RebuildOptions) =>
  rebuildAll(options).pipe(
    // Shadow tables and lock belong to one session: if it is lost, nothing needs cleaning up and nothing continues.
    Effect.provide(
      PgConnection.layer({ url: options.url, maxConnections: 1, applicationName: "tracker-server rebuild" })
    ),
    Effect.catchIf(isSqlError, (error) =>
      isSessionLost(error) ? new StoreUnavailable({ cause: error }) : orUnavailable(error))
  )
