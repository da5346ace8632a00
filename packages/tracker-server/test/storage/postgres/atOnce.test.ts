import { layerFreshPostgres } from "@durable-effect/test-support"
import { StoreUnavailable } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as PgConnection from "../../../src/storage/postgres/PgConnection.ts"
import * as PgEventStore from "../../../src/storage/postgres/PgEventStore.ts"
import { TenantSql } from "../../../src/storage/postgres/TenantSql.ts"
import * as Tenants from "../../../src/storage/postgres/TenantSql.ts"
import { ingest } from "../../support/ingest.ts"
import { untilWaiting } from "../../support/locks.ts"
import { Refusing, RoundTrips, watchedPostgres } from "../../support/watchedPostgres.ts"

const tenant = "acme"

const event = (eventId: string, data: object = {}) => ({
  eventId,
  type: "something.else",
  timestamp: "2026-01-11T10:00:00Z",
  data
})

/** Which tables of a database hold something, seen by its owner. */
const filledTables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const tables = ["event_ids", "event_timeline", "rejected_events", "ingest_counts"]
  const counts = yield* Effect.forEach(tables, (table) =>
    sql<{ rows: number }>`
    SELECT count(*)::int4 AS rows FROM ${sql(table)}`)
  return tables.filter((_, i) => counts[i]?.[0]?.rows !== 0)
})

describe("a transaction at once", () => {
  it.live("is one, as the plain role within the tenant", () =>
    Effect.gen(function*() {
      const { atOnce } = yield* TenantSql
      const who = `SELECT current_user::text AS role, current_setting('tracker.tenant_id') AS tenant,
        pg_current_xact_id()::text AS transaction`
      const [[first] = [], [second] = []] = yield* atOnce(tenant, "auto", [
        { sql: who, params: [] },
        { sql: `${who}, $1::int AS parameter`, params: [7] }
      ])
      assert.containsSubset(first, { role: "tracker_app", tenant })
      assert.deepStrictEqual(second, { ...first, parameter: 7 })
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("keeps nothing if a statement fails, or cannot even be encoded", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { atOnce } = yield* TenantSql
      const store = {
        sql: `INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
          VALUES ($1, $2, sha256('x'), '2026-01-11')`,
        params: [tenant, "e"]
      }
      const wrong = { sql: "SELECT 1 / $1::int", params: [0] }
      const unreadable = { sql: "SELECT $1::int", params: [Symbol("no integer")] }
      for (const statements of [[store, wrong], [wrong, store], [store, unreadable], [unreadable, store]]) {
        const exit = yield* Effect.exit(atOnce(tenant, "auto", statements))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.deepStrictEqual(yield* sql`SELECT event_id FROM event_ids`, [])
      }
      yield* atOnce(tenant, "auto", [store])
      assert.deepStrictEqual(yield* sql`SELECT event_id FROM event_ids`, [{ event_id: "e" }])
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("runs again if another one has just written the same key", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { atOnce } = yield* TenantSql
      const claim = `INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
        SELECT '${tenant}', 'e', sha256('x'), '2026-01-11'`
      const unlessStored = `${claim} WHERE NOT EXISTS (SELECT FROM event_ids) RETURNING event_id`
      const other = yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql.unsafe(claim)
        const waiting = yield* Effect.forkDetach(atOnce(tenant, "auto", [{ sql: unlessStored, params: [] }]))
        yield* untilWaiting("transactionid")
        return waiting
      }))
      assert.deepStrictEqual(yield* Fiber.join(other), [[]])
    }).pipe(Effect.provide(layerFreshPostgres)))
})

describe("what was never seen before", () => {
  it.live("is stored in one round trip, and what was seen is not stored again", () =>
    Effect.gen(function*() {
      const trips = new RoundTrips()
      const { watched } = yield* watchedPostgres(trips.onData)
      const store = yield* Layer.build(Layer.provide(PgEventStore.layer, watched))
      const send = (...events: ReadonlyArray<unknown>) => Effect.provide(ingest(tenant, events), store)
      // Prepares the statements.
      yield* send(event("first"))
      trips.count = 0
      assert.containsSubset(yield* send(event("second"), event("third"), event("third")), {
        accepted: 2,
        duplicates: 1
      })
      assert.strictEqual(trips.count, 1)
      assert.containsSubset(yield* send(event("fourth"), event("second"), event("third", { other: 1 })), {
        accepted: 1,
        duplicates: 1,
        rejected: [{ index: 2, code: "id_conflict" }]
      })
      assert.isAbove(trips.count, 2)
    }))

  it.live("is not stored, nor half of it, if the transaction cannot begin", () =>
    Effect.gen(function*() {
      const begin = new Refusing("BEGIN\0")
      const { direct, watched } = yield* watchedPostgres(begin.onData)
      const store = yield* Layer.build(Layer.provide(PgEventStore.layer, watched))
      const send = Effect.provide(ingest(tenant, [event("e"), { id: "refused" }]), store)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(send)))
      assert.deepStrictEqual(yield* Effect.provide(filledTables, direct), [])
      begin.isRefusing = false
      assert.containsSubset(yield* send, { accepted: 1 })
      assert.deepStrictEqual(yield* Effect.provide(filledTables, direct), [
        "event_ids",
        "event_timeline",
        "rejected_events",
        "ingest_counts"
      ])
    }))

  it.live("is unavailable, and not a defect, while there is no database", () =>
    Effect.gen(function*() {
      const { atOnce } = yield* TenantSql
      assert.instanceOf(yield* Effect.flip(atOnce(tenant, "auto", [])), StoreUnavailable)
    }).pipe(
      Effect.provide(Tenants.layer),
      Effect.provide(PgConnection.layer({ url: Redacted.make("postgres://nobody:x@127.0.0.1:1/none") }))
    ))
})
