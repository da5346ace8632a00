import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as partitions from "../../src/maintenance/partitions.ts"
import * as retention from "../../src/maintenance/retention.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"

const at = (day: string) => Date.parse(`${day}T00:00:00Z`)

/** An hour in which a server does all that it has to: PostgreSQL takes real time, in which this clock would run on. */
const hour = Effect.gen(function*() {
  yield* TestClock.adjust("1 hour")
  const usage = PgConnection.poolUsage(yield* SqlClient.SqlClient)
  yield* Effect.repeat(Effect.yieldNow, { until: () => usage.used + usage.waiting === 0 })
})

/** Lets time pass, an hour at a time, until it is so; answers when that was. */
const passUntil = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.andThen(
    Effect.repeat(Effect.andThen(hour, isSo), { until: (so) => so, times: 24 * 100 }),
    Clock.currentTimeMillis
  )

const isThere = (name: string) => Effect.map(partitions.presentPartitions, (names) => names.includes(name))
const isGone = (name: string) => Effect.map(isThere(name), (there) => !there)

describe("a server that runs for weeks", () => {
  it.effect(
    "makes partitions before their week begins, and drops those that are past",
    () =>
      Effect.scoped(Effect.gen(function*() {
        // Its pool's timers are not to run through the weeks.
        const database = yield* TestClock.withLive(Effect.gen(function*() {
          return yield* Layer.build(PgConnection.layer({ url: yield* freshDatabase() }))
        }))
        yield* TestClock.setTime(at("2026-01-06"))
        yield* Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
          VALUES ('t', 'e', sha256(''), '2026-01-06T00:00:00Z')`
          yield* Layer.build(Layer.merge(partitions.layer, retention.layer(Option.some(Duration.days(7)))))
          assert.deepStrictEqual([...(yield* partitions.presentPartitions)].sort(), [
            "event_timeline_20260105",
            "event_timeline_20260112",
            "event_timeline_20260119",
            "event_timeline_20260126",
            "event_timeline_20260202",
            "event_timeline_default"
          ])
          assert.isBelow(yield* passUntil(isThere("event_timeline_20260209")), at("2026-02-09"))
          // No sooner than the whole of the week is older than seven days.
          assert.isAtLeast(yield* passUntil(isGone("event_timeline_20260105")), at("2026-01-19"))
          yield* passUntil(Effect.map(sql`SELECT FROM event_ids`, (rows) => rows.length === 0))
          assert.isTrue(yield* isThere("event_timeline_20260209"))
        }).pipe(Effect.provideContext(database))
      })),
    60_000
  )
})
