import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import { sqlState } from "../storage/postgres/sqlFailure.ts"

const dayMs = 86_400_000
const weekMs = 7 * dayMs
/** The first Monday after the epoch, which was a Thursday. */
const mondayMs = 4 * dayMs

/** Number of weeks whose partitions are created in advance. */
const weeksAhead = 4

/** One week of the timeline, from Monday 00:00 UTC. */
export interface WeekPartition {
  /** `event_timeline_20260105` */
  readonly name: string
  /** `2026-01-05` */
  readonly from: string
  readonly to: string
}

const date = (epochMillis: number): string => new Date(epochMillis).toISOString().slice(0, 10)

/** Monday 00:00 UTC of an instant's week, epoch milliseconds. */
export const mondayOf = (epochMillis: number): number =>
  Math.floor((epochMillis - mondayMs) / weekMs) * weekMs + mondayMs

/** The partition an instant belongs to. */
export const weekPartition = (epochMillis: number): WeekPartition => {
  const monday = mondayOf(epochMillis)
  const from = date(monday)
  return { name: `event_timeline_${from.replaceAll("-", "")}`, from, to: date(monday + weekMs) }
}

/** The partitions that should exist at an instant: this week's and the following ones'. */
export const weekPartitions = (nowMs: number, ahead: number = weeksAhead): ReadonlyArray<WeekPartition> =>
  Array.from({ length: ahead + 1 }, (_, i) => weekPartition(nowMs + i * weekMs))

/** Names of the timeline's partitions, including the default one. */
export const presentPartitions = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`
    SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'event_timeline'::regclass`
  return rows.map(({ name }) => name)
})

/** Runs statements that add or remove partitions, on one server at a time, without waiting long for locks. */
const changing = <A, E, R>(change: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.withTransaction(Effect.gen(function*() {
      yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.partitions})`
      // Queued behind a long read, it would block every other query; it is retried soon.
      yield* sql`SET LOCAL lock_timeout = '2s'`
      return yield* change
    })))

const bounds = ({ from, to }: WeekPartition) => `FOR VALUES FROM ('${from}T00:00:00Z') TO ('${to}T00:00:00Z')`

const create = Effect.fnUntraced(function*(week: WeekPartition) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS ${week.name} PARTITION OF event_timeline ${bounds(week)}`)
})

/** Maximum number of events moved while the default partition is locked, which takes about a second. */
const maxMoved = 50_000

/**
 * Creates the partition of a week whose events are in the default one, and moves them there. If there are more than
 * `maxMoved`, they stay where they are permanently, as do later events of that week: this costs speed, not events.
 */
const createFromDefault = Effect.fnUntraced(function*(week: WeekPartition) {
  const sql = yield* SqlClient.SqlClient
  const isOfWeek = `received_at >= '${week.from}T00:00:00Z' AND received_at < '${week.to}T00:00:00Z'`
  // Another server may have made it since `create` failed.
  const [found] = yield* sql<{ is_there: boolean }>`SELECT to_regclass(${week.name}) IS NOT NULL AS is_there`
  if (found?.is_there === true) return
  // Lock the parent too: an insert already routed to the default partition would fail there.
  yield* sql`LOCK TABLE event_timeline IN ACCESS EXCLUSIVE MODE`
  const [look] = yield* sql.unsafe<{ events: number }>(
    `SELECT count(*)::int4 AS events FROM (
      SELECT FROM event_timeline_default WHERE ${isOfWeek} LIMIT ${maxMoved + 1}
    ) AS found`
  )
  if (look === undefined || look.events > maxMoved) {
    return yield* Effect.logWarning(
      `More than ${maxMoved} events of the week from ${week.from} are in the default partition; they stay there`
    )
  }
  yield* sql.unsafe(`CREATE TABLE ${week.name} (LIKE event_timeline INCLUDING ALL)`)
  yield* sql.unsafe(`WITH moved AS (DELETE FROM event_timeline_default WHERE ${isOfWeek} RETURNING *)
    INSERT INTO ${week.name} SELECT * FROM moved`)
  yield* sql.unsafe(`ALTER TABLE event_timeline ATTACH PARTITION ${week.name} ${bounds(week)}`)
})

/** PostgreSQL refuses to create a partition for rows that the default one contains. */
const isTaken = (error: unknown) => isSqlError(error) && sqlState(error) === "23514"

/** Creates missing partitions for the coming weeks, as the owner. Returns whether all succeeded. */
export const ensurePartitions = Effect.gen(function*() {
  const wanted = weekPartitions(yield* Clock.currentTimeMillis)
  const names = new Set(yield* presentPartitions)
  for (const week of wanted.filter(({ name }) => !names.has(name))) {
    yield* changing(create(week)).pipe(Effect.catchIf(isTaken, () => changing(createFromDefault(week))))
  }
  return true
}).pipe(Effect.catch((error) =>
  Effect.as(
    Effect.logWarning("Not all partitions of the timeline are there yet, their events go to the default one", error),
    false
  )
))

/** Twice a day, or in a minute if something failed: rows that reach the default partition have to be moved later. */
const lookAgain = (isWhole: boolean): Effect.Effect<never, never, SqlClient.SqlClient> =>
  Effect.flatMap(Effect.delay(ensurePartitions, isWhole ? Duration.hours(12) : Duration.minutes(1)), lookAgain)

/** Creates the partitions while the layer is built, and keeps creating them ahead of time. */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.flatMap(ensurePartitions, (isWhole) => Effect.forkScoped(lookAgain(isWhole)))
)
