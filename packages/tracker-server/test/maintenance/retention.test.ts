import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { mondayOf, presentPartitions, weekPartition } from "../../src/maintenance/partitions.ts"
import { applyRetention, cutoff } from "../../src/maintenance/retention.ts"

const at = (text: string) => Date.parse(text)

describe("cutoff", () => {
  const table: ReadonlyArray<readonly [now: string, keep: Duration.Input, before: string]> = [
    ["2026-01-14T12:00:00Z", "1 day", "2026-01-12T00:00:00Z"],
    ["2026-01-14T12:00:00Z", "7 days", "2026-01-05T00:00:00Z"],
    ["2026-01-12T00:00:00Z", "1 millis", "2026-01-05T00:00:00Z"],
    ["2026-01-12T00:00:00Z", 0, "2026-01-12T00:00:00Z"]
  ]
  it.each(table)("at %s, keeping %s, is %s", (now, keep, before) => {
    assert.strictEqual(cutoff(at(now), Duration.fromInputUnsafe(keep)), at(before))
  })
})

/** An event, its id, a refused event and the event's task, all received at one instant. */
const receive = Effect.fnUntraced(function*(name: string, receivedAt: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at, received_at)
    VALUES ('t', ${name}, 'x', 'job', ${receivedAt}::timestamptz, ${receivedAt}::timestamptz)`
  yield* sql`INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
    VALUES ('t', ${name}, sha256(${name}::bytea), ${receivedAt}::timestamptz)`
  yield* sql`INSERT INTO rejected_events (tenant_id, code, detail, content_sha256, received_at)
    VALUES ('t', 'too_deep', ${name}, sha256(${name}::bytea), ${receivedAt}::timestamptz)`
  yield* sql`INSERT INTO task_executions (tenant_id, task_id, event_type, first_received_at, last_received_at)
    VALUES ('t', ${name}, 'x', ${receivedAt}::timestamptz, ${receivedAt}::timestamptz)`
})

const left = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const names = (statement: string) =>
    Effect.map(sql.unsafe<{ readonly name: string }>(statement), (rows) => rows.map(({ name }) => name))
  return {
    events: yield* names("SELECT event_id AS name FROM event_timeline ORDER BY 1"),
    ids: yield* names("SELECT event_id AS name FROM event_ids ORDER BY 1"),
    refused: yield* names("SELECT detail AS name FROM rejected_events ORDER BY 1"),
    tasks: yield* names("SELECT task_id AS name FROM task_executions ORDER BY 1")
  }
})

describe("applyRetention", () => {
  it.live("drops whole weeks of events and keeps what they said of tasks", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const now = yield* Clock.currentTimeMillis
      const weeksAgo = (weeks: number) => now - weeks * 7 * 86_400_000
      const [expired, limit] = [weekPartition(weeksAgo(3)), weekPartition(weeksAgo(1))]
      for (const { from, name, to } of [expired, limit]) {
        yield* sql.unsafe(
          `CREATE TABLE ${name} PARTITION OF event_timeline FOR VALUES FROM ('${from}T00:00:00Z') TO ('${to}T00:00:00Z')`
        )
      }
      yield* receive("far off", "2001-01-01T00:00:00Z")
      yield* receive("old", new Date(weeksAgo(3)).toISOString())
      yield* receive("week of the limit", new Date(mondayOf(weeksAgo(1))).toISOString())
      yield* receive("new", new Date(now).toISOString())

      yield* applyRetention(Duration.days(7))

      const kept = ["new", "week of the limit"]
      assert.deepStrictEqual(yield* left, {
        events: kept,
        ids: kept,
        refused: kept,
        tasks: ["far off", "new", "old", "week of the limit"]
      })
      const partitions = yield* presentPartitions
      assert.notInclude(partitions, expired.name)
      assert.includeMembers([...partitions], [limit.name, "event_timeline_default"])
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("goes on with the others where one partition is locked, and keeps the ids of its events", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      for (const [from, to] of [["2001-01-01", "2001-01-08"], ["2001-01-08", "2001-01-15"]] as const) {
        yield* sql.unsafe(
          `CREATE TABLE event_timeline_${from.replaceAll("-", "")} PARTITION OF event_timeline
          FOR VALUES FROM ('${from}T00:00:00Z') TO ('${to}T00:00:00Z')`
        )
      }
      yield* receive("locked", "2001-01-02T00:00:00Z")
      yield* receive("next week", "2001-01-09T00:00:00Z")
      yield* receive("default", "2001-02-01T00:00:00Z")
      const isHeld = yield* Deferred.make<void>()
      const mayEnd = yield* Deferred.make<void>()
      const reader = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`LOCK TABLE event_timeline_20010101 IN ACCESS SHARE MODE`
        yield* Deferred.succeed(isHeld, undefined)
        yield* Deferred.await(mayEnd)
      })))
      yield* Deferred.await(isHeld)
      assert.isFalse(yield* applyRetention(Duration.days(1)))
      yield* Deferred.succeed(mayEnd, undefined)
      yield* Fiber.join(reader)
      const { events, ids, refused } = yield* left
      assert.deepStrictEqual({ events, ids, refused }, {
        events: ["locked"],
        ids: ["default", "locked", "next week"],
        refused: []
      })
      assert.isTrue(yield* applyRetention(Duration.days(1)))
      assert.deepStrictEqual((yield* left).ids, [])
      assert.deepStrictEqual((yield* left).events, [])
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("deletes ids in chunks until none is left", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
        SELECT 't', 'e' || n, sha256('x'), '2001-01-01T00:00:00Z' FROM generate_series(1, 25000) AS n`
      yield* applyRetention(Duration.days(1))
      assert.deepStrictEqual((yield* left).ids, [])
    }).pipe(Effect.provide(layerFreshPostgres)))
})
