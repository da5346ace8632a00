import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ApiKeys } from "../../../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../../../src/identity/PgApiKeys.ts"
import * as MemoryStores from "../../../../src/storage/memory/MemoryStores.ts"
import { migrate } from "../../../../src/storage/postgres/migrate.ts"
import { migrations } from "../../../../src/storage/postgres/migrations/index.ts"
import * as PgConnection from "../../../../src/storage/postgres/PgConnection.ts"
import { rebuilt, storesOn } from "../../../maintenance/projections.ts"
import { allAnswers } from "../../../query/allAnswers.ts"
import { ingest } from "../../../support/ingest.ts"
import { eventsOf0002, receivedAt0002, writesOf0002 } from "./writesOf0002.ts"

const answers = allAnswers("acme", {
  plans: ["plan", "other", "life-1", "continuous:audit:1", "late"],
  agents: ["worker", "audit"]
})

/** The rules' own answers to the same events. */
const expected = (...more: ReadonlyArray<object>) =>
  Effect.gen(function*() {
    yield* Effect.forEach(eventsOf0002, (events) => ingest("acme", events), { discard: true })
    yield* ingest("acme", more)
    return yield* answers
  }).pipe(Effect.provide(MemoryStores.layer))

const late = {
  id: "late",
  time: "2026-01-11T10:00:00Z",
  type: "plan.started",
  topic: "system-events",
  data: { plan_id: "late" }
}

/** In the order of its statements. */
const lockedByIngest = [
  "event_ids",
  "event_timeline",
  "task_executions",
  "plan_executions",
  "state_transitions",
  "delegation_groups",
  "trace_ranges",
  "rejected_events",
  "tracker_losses",
  "ingest_counts"
] as const

const upTo = (version: number) => migrations.slice(0, version)

/** On an empty database, at the time at which the events came. */
const onEmpty = <A, E, R>(test: (url: Redacted.Redacted) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const url = yield* TestClock.withLive(freshDatabase("empty"))
    yield* TestClock.setTime(Date.parse(receivedAt0002))
    return yield* test(url)
  }))

describe("a database with data in it", () => {
  it.effect.each(migrations.map(({ id }) => id).filter((id) => id >= 2))(
    "at version %s is brought to the newest, answers as before, and is all as its events say",
    (version) =>
      onEmpty((url) =>
        Effect.gen(function*() {
          yield* migrate(upTo(version))
          yield* writesOf0002
          assert.lengthOf(yield* migrate(), migrations.length - version)
          assert.deepStrictEqual(yield* answers, yield* expected())
          yield* ingest("acme", [late])
          assert.deepStrictEqual(yield* answers, yield* expected(late))
          assert.deepStrictEqual((yield* rebuilt(url)).map(({ differences }) => differences), [{}])
        }).pipe(Effect.provide(storesOn(url)))
      )
  )

  it.effect("takes what an older replica writes once a newer one has migrated it", () =>
    onEmpty((url) =>
      Effect.gen(function*() {
        yield* migrate()
        yield* ingest("acme", [late])
        yield* writesOf0002
        assert.deepStrictEqual(yield* answers, yield* expected(late))
        assert.deepStrictEqual((yield* rebuilt(url)).map(({ differences }) => differences), [{}])
        // The same requests at a newer replica: all of them are known.
        const again = yield* Effect.forEach(eventsOf0002, (events) => ingest("acme", events))
        assert.deepStrictEqual(again.map(({ accepted }) => accepted), [0, 0])
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(
          yield* sql`SELECT event_id, code FROM rejected_events`,
          [{ event_id: "b-1", code: "id_conflict" }]
        )
        assert.deepStrictEqual(
          yield* sql`SELECT tracker, lost_events::float8 AS lost FROM tracker_losses`,
          [{ tracker: "tracker", lost: 3 }]
        )
      }).pipe(Effect.provide(storesOn(url)))
    ))

  it.effect("is migrated once by several servers that start on it at once", () =>
    onEmpty((url) =>
      Effect.gen(function*() {
        yield* migrate(upTo(2))
        yield* writesOf0002
        const ran = yield* Effect.all(
          [1, 2, 3, 4].map(() => migrate().pipe(Effect.provide(PgConnection.layer({ url })))),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          ran.filter((names) => names.length > 0),
          [migrations.slice(2).map(({ name }) => name)]
        )
        assert.deepStrictEqual(yield* answers, yield* expected())
      }).pipe(Effect.provide(storesOn(url)))
    ))

  it.effect("waits for what an older replica is writing, and never makes it fail", () =>
    onEmpty((url) =>
      Effect.gen(function*() {
        yield* migrate(upTo(9))
        const sql = yield* SqlClient.SqlClient
        const migrating = yield* Effect.forkChild(migrate().pipe(Effect.provide(PgConnection.layer({ url }))))
        const isWaiting = Effect.map(
          sql<{ count: number }>`SELECT count(*)::int4 AS count FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND NOT l.granted`,
          ([row]) => row?.count === 1
        )
        yield* sql.withTransaction(Effect.gen(function*() {
          const [first, ...others] = lockedByIngest
          const lock = (table: string) => sql`LOCK TABLE ${sql(table)} IN ROW EXCLUSIVE MODE`
          // In a deadlock, this one would be the one that fails.
          yield* sql`SET LOCAL deadlock_timeout = '10ms'`
          yield* lock(first)
          yield* TestClock.withLive(
            Effect.repeat(isWaiting, { until: (waits) => waits, schedule: Schedule.spaced("10 millis") })
          )
          yield* Effect.forEach(others, lock, { discard: true })
        }))
        assert.lengthOf(yield* Fiber.join(migrating), migrations.length - 9)
      }).pipe(Effect.provide(storesOn(url)))
    ))

  it.effect("keeps the keys of version 1", () =>
    onEmpty((url) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* migrate(upTo(1))
        yield* sql`INSERT INTO api_keys (id, tenant_id, name, secret_sha256, scopes)
          VALUES ('key_1', 'acme', 'first', sha256('dek_secret'), ARRAY['ingest', 'query'])`
        yield* migrate()
        const { find } = yield* ApiKeys
        const principal = Option.getOrThrow(yield* find(Redacted.make("dek_secret")))
        assert.deepInclude(principal, { tenantId: "acme" })
      }).pipe(Effect.provide(Layer.provideMerge(PgApiKeys.layer, PgConnection.layer({ url }))))
    ))
})
