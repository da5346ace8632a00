import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import { sqlState } from "../storage/postgres/sqlFailure.ts"

const dayMs = 86_400_000
const weekMs = 7 * dayMs
/** The first Monday after the epoch began on a Thursday. */
const mondayMs = 4 * dayMs

/** Weeks that have a partition before they begin. */
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

/** The partition that an instant falls into. */
export const weekPartition = (epochMillis: number): WeekPartition => {
  const monday = mondayOf(epochMillis)
  const from = date(monday)
  return { name: `event_timeline_${from.replaceAll("-", "")}`, from, to: date(monday + weekMs) }
}

/** The partitions that there should be at an instant: this week's and the next ones'. */
export const weekPartitions = (nowMs: number, ahead: number = weeksAhead): ReadonlyArray<WeekPartition> =>
  Array.from({ length: ahead + 1 }, (_, i) => weekPartition(nowMs + i * weekMs))

/** Names of the timeline's partitions, the default one among them. */
export const presentPartitions = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`
    SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'event_timeline'::regclass`
  return rows.map(({ name }) => name)
})

/** Runs statements that change what partitions there are, one server at a time, and does not wait long for others. */
const changing = <A, E, R>(change: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.withTransaction(Effect.gen(function*() {
      yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.partitions})`
      // Behind a long read it would hold up every other; it is tried again soon.
      yield* sql`SET LOCAL lock_timeout = '2s'`
      return yield* change
    })))

const bounds = ({ from, to }: WeekPartition) => `FOR VALUES FROM ('${from}T00:00:00Z') TO ('${to}T00:00:00Z')`

const create = Effect.fnUntraced(function*(week: WeekPartition) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS ${week.name} PARTITION OF event_timeline ${bounds(week)}`)
})

/** Events that are moved while the default partition is locked: about a second. */
const maxMoved = 50_000

/**
 * Makes the partition of a week of which the default one has events, and moves them there. More than `maxMoved` stay
 * where they are, for good, and so do that week's further ones: that costs speed, not events.
 */
const createFromDefault = Effect.fnUntraced(function*(week: WeekPartition) {
  const sql = yield* SqlClient.SqlClient
  const isOfWeek = `received_at >= '${week.from}T00:00:00Z' AND received_at < '${week.to}T00:00:00Z'`
  // The parent too: whoever had already been sent to the default partition would be turned away there.
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

/** PostgreSQL makes no partition for rows that the default one has. */
const isTaken = (error: unknown) => isSqlError(error) && sqlState(error) === "23514"

/** Makes the partitions of the coming weeks where they are missing, as the owner. Answers whether it could. */
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

/** Twice a day, or in a minute where something was in the way: what goes to the default partition has to move later. */
const lookAgain = (isWhole: boolean): Effect.Effect<never, never, SqlClient.SqlClient> =>
  Effect.flatMap(Effect.delay(ensurePartitions, isWhole ? Duration.hours(12) : Duration.minutes(1)), lookAgain)

/** Makes the partitions before it is built, and keeps them ahead of time. */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.flatMap(ensurePartitions, (isWhole) => Effect.forkScoped(lookAgain(isWhole)))
)
