import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { ingest } from "../support/ingest.ts"
import { onFreshStores, projections, rebuilt, untilItWaits } from "./projections.ts"
import { spoil, story } from "./spoiling.ts"

/** Ends the rebuild's session, as a kill of its process does. */
const killSession = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const killed = yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'tracker-server rebuild' AND datname = current_database()`
  assert.lengthOf(killed, 1)
  yield* Effect.repeat(
    sql`SELECT FROM pg_stat_activity
      WHERE application_name = 'tracker-server rebuild' AND datname = current_database()`,
    { until: (rows) => rows.length === 0, schedule: Schedule.spaced("10 millis") }
  )
})

describe("a rebuild that is killed", () => {
  it.live("while it folds, leaves everything as it was; the next one starts over", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        yield* ingest("acme", story)
        const right = yield* projections
        yield* spoil
        const spoilt = yield* projections
        const sql = yield* SqlClient.SqlClient
        const kill = Effect.provideService(Effect.orDie(killSession), SqlClient.SqlClient, sql)
        const error = yield* Effect.flip(rebuilt(url, { onProgress: () => kill }))
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.deepStrictEqual(yield* projections, spoilt)
        const left = yield* sql`SELECT relname FROM pg_class WHERE relname LIKE 'rebuild%' OR relpersistence = 't'`
        assert.deepStrictEqual(left, [])
        yield* rebuilt(url)
        assert.deepStrictEqual(yield* projections, right)
      })
    ))

  it.live("while it waits to put rows right, leaves everything as it was", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        yield* ingest("acme", story)
        const right = yield* projections
        yield* spoil
        const spoilt = yield* projections
        const sql = yield* SqlClient.SqlClient
        const isHeld = yield* Deferred.make<void>()
        const release = yield* Deferred.make<void>()
        // Somebody takes events in and does not come to an end.
        const writer = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
          yield* sql`LOCK TABLE event_ids IN ROW EXCLUSIVE MODE`
          yield* Deferred.succeed(isHeld, undefined)
          yield* Deferred.await(release)
        })))
        yield* Deferred.await(isHeld)
        const running = yield* Effect.forkChild(Effect.flip(rebuilt(url)))
        yield* untilItWaits
        yield* killSession
        assert.strictEqual((yield* Fiber.join(running))._tag, "StoreUnavailable")
        assert.deepStrictEqual(yield* projections, spoilt)
        yield* Deferred.succeed(release, undefined)
        yield* Fiber.join(writer)
        yield* rebuilt(url)
        assert.deepStrictEqual(yield* projections, right)
      })
    ))
})
