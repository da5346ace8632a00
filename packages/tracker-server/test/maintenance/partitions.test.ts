import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ensurePartitions, presentPartitions, weekPartition } from "../../src/maintenance/partitions.ts"
import { advisoryLock } from "../../src/storage/postgres/advisoryLock.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgQueries from "../../src/storage/postgres/PgQueries.ts"
import { envelope, plan, tell, time, timeline } from "../projection/stores.ts"
import { openTransaction, untilWaiting } from "../support/locks.ts"

/** The store without anybody who makes partitions. */
const stores = Layer.provideMerge(Layer.merge(PgEventStore.layer, PgQueries.layer), layerFreshPostgres)

const placeOf = (planId: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ name: string }>`
      SELECT DISTINCT tableoid::regclass::text AS name FROM event_timeline WHERE plan_id = ${planId}`
    return rows.map(({ name }) => name)
  })

const thisWeek = Effect.map(Clock.currentTimeMillis, (now) => weekPartition(now).name)

describe("ensurePartitions", () => {
  it.live("moves a week's events out of the default partition, and nothing else", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(envelope("plan.started", time(0), { plan_id: "plan" }))
      yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, plan_id, occurred_at, received_at)
        VALUES ('t', 'e', 'x', 'job', 'far off', now(), '2001-01-01T00:00:00Z')`
      assert.deepStrictEqual(yield* placeOf("plan"), ["event_timeline_default"])
      const [before, answer] = [yield* timeline("plan"), yield* plan("plan")]

      assert.isTrue(yield* ensurePartitions)
      assert.deepStrictEqual(yield* placeOf("plan"), [yield* thisWeek])
      assert.deepStrictEqual(yield* placeOf("far off"), ["event_timeline_default"])
      assert.deepStrictEqual([yield* timeline("plan"), yield* plan("plan")], [before, answer])

      yield* tell(envelope("plan.state_changed", time(1), { plan_id: "plan", new_state: "next" }))
      assert.deepStrictEqual(yield* placeOf("plan"), [yield* thisWeek])
      assert.lengthOf(yield* timeline("plan"), 2)
    }).pipe(Effect.provide(stores)))

  it.live("does it on one of two servers that find the same events there", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(envelope("plan.started", time(0), { plan_id: "plan" }))
      const release = yield* openTransaction(
        sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.partitions})`
      )
      const both = yield* Effect.forkChild(
        Effect.all([ensurePartitions, ensurePartitions], { concurrency: "unbounded" })
      )
      yield* untilWaiting("advisory", 2)
      yield* release
      assert.deepStrictEqual(yield* Fiber.join(both), [true, true])
      assert.deepStrictEqual(yield* placeOf("plan"), [yield* thisWeek])
    }).pipe(Effect.provide(stores)))

  it.live("does it beside a server that stores events, of which none is lost", () =>
    Effect.gen(function*() {
      const count = 40
      const started = yield* Deferred.make<void>()
      const writing = yield* Effect.forkChild(Effect.forEach(
        Array.from({ length: count }, (_, i) => i),
        (i) =>
          Effect.andThen(
            tell(envelope("plan.state_changed", time(1), { plan_id: "plan", new_state: `${i}` })),
            i === 5 ? Deferred.succeed(started, undefined) : Effect.void
          ),
        { concurrency: 4 }
      ))
      yield* Deferred.await(started)
      assert.isTrue(yield* ensurePartitions)
      yield* Fiber.join(writing)
      assert.deepStrictEqual(yield* placeOf("plan"), [yield* thisWeek])
      assert.lengthOf(yield* timeline("plan"), count)
    }).pipe(Effect.provide(stores)))

  it.live("gives way to a long read and says that it has to be tried again", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const isHeld = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const reader = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT FROM event_timeline_default`
        yield* Deferred.succeed(isHeld, undefined)
        yield* Deferred.await(release)
      })))
      yield* Deferred.await(isHeld)
      assert.isFalse(yield* ensurePartitions)
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(reader)
      assert.isTrue(yield* ensurePartitions)
      assert.include(yield* presentPartitions, yield* thisWeek)
    }).pipe(Effect.provide(stores)))
})
