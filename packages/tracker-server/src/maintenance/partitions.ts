import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"

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

/**
 * Makes the partitions of the coming weeks where they are missing, as the owner. A week of which the default partition
 * has events already stays there: it costs speed, not events.
 */
export const ensurePartitions = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const wanted = weekPartitions(yield* Clock.currentTimeMillis)
  const names = new Set(yield* presentPartitions)
  for (const { from, name, to } of wanted.filter(({ name }) => !names.has(name))) {
    yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.partitions})`
      // Behind a long read it would hold up every other; it is tried again long before the week begins.
      yield* sql`SET LOCAL lock_timeout = '2s'`
      yield* sql`CREATE TABLE IF NOT EXISTS ${sql(name)} PARTITION OF event_timeline
        FOR VALUES FROM (${sql.literal(`'${from}T00:00:00Z'`)}) TO (${sql.literal(`'${to}T00:00:00Z'`)})`
    })).pipe(
      Effect.catch((error) => Effect.logWarning(`No partition ${name} yet, its events go to the default one`, error))
    )
  }
}).pipe(Effect.catch((error) => Effect.logWarning("The timeline's partitions could not be looked through", error)))

/** Makes the partitions before it is built, and looks again twice a day. */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.andThen(
    ensurePartitions,
    Effect.forkScoped(Effect.forever(Effect.delay(ensurePartitions, Duration.hours(12))))
  )
)
