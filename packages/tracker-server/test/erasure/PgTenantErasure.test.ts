import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Ref } from "effect"
import { SqlClient } from "effect/sql"
import * as PgTenantErasure from "../../src/erasure/PgTenantErasure.ts"
import { TenantErasure } from "../../src/erasure/TenantErasure.ts"
import { insertKey } from "../../src/identity/apiKeyRows.ts"
import { ApiKeys } from "../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../src/identity/PgApiKeys.ts"
import { makeSecret } from "../../src/identity/secret.ts"
import { ensurePartitions } from "../../src/maintenance/partitions.ts"
import { advisoryLock } from "../../src/storage/postgres/advisoryLock.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import { TenantSql } from "../../src/storage/postgres/TenantSql.ts"
import { planStarted } from "../admin/AdminServer.ts"
import { rowsOf } from "../admin/tenantRows.ts"
import { ingest } from "../support/ingest.ts"
import { openTransaction, untilWaiting } from "../support/locks.ts"

const stores = Layer.mergeAll(PgEventStore.layer, PgTenantErasure.layer, PgApiKeys.layer).pipe(
  Layer.provideMerge(layerFreshPostgres)
)

const many = 4500
/** More ids than one transaction deletes, of two tenants, in two partitions of the timeline. */
const fill = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE event_timeline_20010101 PARTITION OF event_timeline
    FOR VALUES FROM ('2001-01-01T00:00:00Z') TO ('2001-01-08T00:00:00Z')`
  for (const received of ["2001-01-02T00:00:00Z", "2001-02-02T00:00:00Z"]) {
    yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at, received_at)
      SELECT tenant, received || n, 'x', 'job', received::timestamptz, received::timestamptz
      FROM generate_series(1, ${many}::int4) AS n, unnest(ARRAY['acme', 'other']) AS tenant, (SELECT ${received}::text AS received) AS r`
  }
  yield* sql`INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
    SELECT tenant_id, event_id, sha256('x'), received_at FROM event_timeline`
})

const contentOf = (tenantId: string) =>
  Effect.gen(function*() {
    const { audit_log: _, ...rows } = yield* rowsOf(yield* SqlClient.SqlClient, tenantId)
    return Object.values(rows).flat()
  })

/** Lets the second `DELETE` from a table, the one after all tables were listed again, wait for a lock. */
const pauseSecondDelete = Effect.fnUntraced(function*(table: string, lock: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE SEQUENCE deletes`
  yield* sql.unsafe(`CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('deletes') = 2 THEN PERFORM pg_advisory_xact_lock(${lock}); END IF;
    RETURN NULL;
  END $$`)
  yield* sql.unsafe(`CREATE TRIGGER pause BEFORE DELETE ON ${table} EXECUTE FUNCTION pause()`)
})

const send = (n: number) => ingest("acme", [planStarted(`live-${n}`, `plan-${n}`)])

describe("erasing a tenant", () => {
  it.live("takes many transactions, and says how much there was", () =>
    Effect.gen(function*() {
      yield* fill
      const erasure = yield* TenantErasure
      const expected = { event_ids: 2 * many, event_timeline: 2 * many }
      assert.deepStrictEqual(yield* erasure.count("acme"), expected)
      assert.deepStrictEqual(yield* erasure.erase("acme", "cli"), expected)
      assert.deepStrictEqual(yield* contentOf("acme"), [])
      assert.deepStrictEqual(yield* erasure.count("other"), expected)
      assert.deepStrictEqual(yield* erasure.erase("acme", "cli"), {})
    }).pipe(Effect.provide(stores)))

  it.live("goes on where it was cut off, with the key that asked", () =>
    Effect.gen(function*() {
      yield* fill
      const sql = yield* SqlClient.SqlClient
      const keys = yield* ApiKeys
      const asking = yield* keys.create({ tenantId: "acme", name: "", scopes: ["admin"] }, "cli")
      const spare = yield* keys.create({ tenantId: "acme", name: "", scopes: ["ingest"] }, "cli")
      // This partition cannot be deleted from for as long as this lasts, and the one before it is gone through.
      const release = yield* openTransaction(sql`LOCK TABLE event_timeline_default IN ACCESS EXCLUSIVE MODE`)
      const { erase } = yield* TenantErasure
      const cut = yield* Effect.forkChild(erase("acme", asking.id))
      yield* untilWaiting("relation")
      const interruption = yield* Effect.forkChild(Fiber.interrupt(cut))
      yield* release
      yield* Fiber.join(interruption)

      const left = yield* contentOf("acme")
      assert.isNotEmpty(left)
      assert.notInclude(left.join("\n"), spare.id)
      assert.include(left.join("\n"), asking.id)
      assert.deepStrictEqual((yield* keys.find(asking.secret))._tag, "Some")
      // Every event that is still there has its id: delivered again, none would be taken for a new one.
      assert.deepStrictEqual(
        yield* sql`SELECT count(*)::int4 AS events FROM event_timeline WHERE tenant_id = 'acme'
          AND event_id NOT IN (SELECT event_id FROM event_ids WHERE tenant_id = 'acme')`,
        [{ events: 0 }]
      )
      const rest = yield* erase("acme", asking.id)
      assert.isBelow(rest["event_timeline"] ?? 0, 2 * many)
      assert.strictEqual(rest["api_keys"], 1)
      assert.deepStrictEqual(yield* contentOf("acme"), [])
      assert.deepStrictEqual(
        yield* sql`SELECT action FROM audit_log WHERE action LIKE 'tenant.%' ORDER BY id`,
        [{ action: "tenant.erasure_started" }, { action: "tenant.erasure_started" }, { action: "tenant.erased" }]
      )
    }).pipe(Effect.provide(stores)))

  it.live("leaves events that arrive meanwhile either whole or not at all", () =>
    Effect.gen(function*() {
      yield* fill
      const sql = yield* SqlClient.SqlClient
      const isOver = yield* Ref.make(false)
      const sender = yield* Effect.forkChild(Effect.gen(function*() {
        for (let n = 0; !(yield* Ref.get(isOver)); n++) yield* send(n)
      }))
      yield* (yield* TenantErasure).erase("acme", "cli")
      yield* Ref.set(isOver, true)
      yield* Fiber.join(sender)
      yield* send(-1)
      const [tables] = yield* sql<{ events: ReadonlyArray<string> }>`
        SELECT array_agg(event_id ORDER BY event_id) AS events FROM event_timeline WHERE tenant_id = 'acme'`
      const [ids] = yield* sql<{ events: ReadonlyArray<string> }>`
        SELECT array_agg(event_id ORDER BY event_id) AS events FROM event_ids WHERE tenant_id = 'acme'`
      const [plans] = yield* sql<{ events: ReadonlyArray<string> }>`
        SELECT array_agg('live-' || substr(plan_id, 6) ORDER BY 'live-' || substr(plan_id, 6) COLLATE "C") AS events
        FROM plan_executions WHERE tenant_id = 'acme'`
      assert.include(tables?.events ?? [], "live--1")
      assert.deepStrictEqual(ids, tables)
      assert.deepStrictEqual(plans, tables)
    }).pipe(Effect.provide(stores)))

  it.live("does not begin beside a rebuild, which would bring back what is erased", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { erase } = yield* TenantErasure
      yield* ingest("acme", [planStarted("e", "p")])
      const before = yield* contentOf("acme")
      const endRebuild = yield* openTransaction(
        sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.rebuild})`
      )
      const error = yield* Effect.flip(erase("acme", "cli"))
      assert.strictEqual(error._tag, "ErasureHeldUp")
      assert.deepStrictEqual(yield* contentOf("acme"), before)
      yield* endRebuild
      assert.strictEqual((yield* erase("acme", "cli"))["event_timeline"], 1)
    }).pipe(Effect.provide(stores)))

  it.live("waits for a request that is writing, so that nothing of it comes after", () =>
    Effect.gen(function*() {
      const { within } = yield* TenantSql
      const sql = yield* SqlClient.SqlClient
      const isWriting = yield* Deferred.make<void>()
      const mayEnd = yield* Deferred.make<void>()
      const writer = yield* Effect.forkChild(
        within("acme")(Effect.gen(function*() {
          yield* Deferred.succeed(isWriting, undefined)
          yield* Deferred.await(mayEnd)
          yield* sql`INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
          VALUES ('acme', 'late', sha256('x'), now())`
        }))
      )
      yield* Deferred.await(isWriting)
      const erasing = yield* Effect.forkChild((yield* TenantErasure).erase("acme", "cli"))
      yield* untilWaiting("advisory")
      // Another tenant does not notice.
      yield* within("other")(sql`SELECT 1`)
      yield* Deferred.succeed(mayEnd, undefined)
      yield* Fiber.join(writer)
      assert.deepStrictEqual(yield* Fiber.join(erasing), { event_ids: 1 })
    }).pipe(Effect.provide(stores)))

  it.live("waits for nobody who only reads", () =>
    Effect.gen(function*() {
      const { read } = yield* TenantSql
      const sql = yield* SqlClient.SqlClient
      yield* ingest("acme", [planStarted("e", "p")])
      const isReading = yield* Deferred.make<void>()
      const mayEnd = yield* Deferred.make<void>()
      const events = sql`SELECT event_id FROM event_timeline`
      const reader = yield* Effect.forkChild(
        read("acme")(
          Effect.andThen(events, Effect.andThen(Deferred.succeed(isReading, undefined), Deferred.await(mayEnd)))
        )
      )
      yield* Deferred.await(isReading)
      assert.strictEqual((yield* (yield* TenantErasure).erase("acme", "cli"))["event_timeline"], 1)
      yield* Deferred.succeed(mayEnd, undefined)
      yield* Fiber.join(reader)
      assert.deepStrictEqual(yield* contentOf("acme"), [])
    }).pipe(Effect.provide(stores)))

  it.live("does nothing with a key that was revoked, or erased by another request", () =>
    Effect.gen(function*() {
      const { create, revoke } = yield* ApiKeys
      const { erase } = yield* TenantErasure
      const asking = yield* create({ tenantId: "acme", name: "", scopes: ["admin"] }, "cli")
      yield* revoke(asking.id, "cli")
      yield* ingest("acme", [planStarted("e", "p")])
      const before = yield* contentOf("acme")
      const refused = yield* Effect.flip(erase("acme", asking.id))
      assert.strictEqual(refused._tag, "ActorRevoked")
      assert.deepStrictEqual(yield* contentOf("acme"), before)
      const another = yield* create({ tenantId: "acme", name: "", scopes: ["admin"] }, "cli")
      yield* erase("acme", another.id)
      yield* ingest("acme", [planStarted("e", "p")])
      assert.strictEqual((yield* Effect.flip(erase("acme", another.id)))._tag, "ActorRevoked")
      assert.isNotEmpty(yield* contentOf("acme"))
    }).pipe(Effect.provide(stores)))

  it.live("stops when its key is revoked, and goes on with another", () =>
    Effect.gen(function*() {
      yield* fill
      const sql = yield* SqlClient.SqlClient
      const { create, revoke } = yield* ApiKeys
      const { erase } = yield* TenantErasure
      const asking = yield* create({ tenantId: "acme", name: "", scopes: ["admin"] }, "cli")
      // The chunk that the erasure is at, in a partition that is not its last table.
      const release = yield* openTransaction(sql`LOCK TABLE event_timeline_20010101 IN ACCESS EXCLUSIVE MODE`)
      const erasing = yield* Effect.forkChild(Effect.flip(erase("acme", asking.id)))
      yield* untilWaiting("relation")
      const revoking = yield* Effect.forkChild(revoke(asking.id, "cli"))
      yield* untilWaiting("advisory")
      yield* release
      assert.isTrue(yield* Fiber.join(revoking))
      const left = yield* contentOf("acme")
      assert.strictEqual((yield* Fiber.join(erasing))._tag, "ActorRevoked")
      assert.deepStrictEqual(yield* contentOf("acme"), left)
      assert.isAbove(left.length, 2 * many)
      yield* erase("acme", "cli")
      assert.deepStrictEqual(yield* contentOf("acme"), [])
    }).pipe(Effect.provide(stores)))

  it.live("leaves no key that its last one is creating", () =>
    Effect.gen(function*() {
      const { create } = yield* ApiKeys
      const asking = yield* create({ tenantId: "acme", name: "", scopes: ["admin"] }, "cli")
      const created = yield* openTransaction(
        insertKey(makeSecret(), { tenantId: "acme", name: "late", scopes: ["ingest"] }, asking.id)
      )
      const erasing = yield* Effect.forkChild((yield* TenantErasure).erase("acme", asking.id))
      yield* untilWaiting("advisory")
      yield* created
      assert.deepStrictEqual(yield* Fiber.join(erasing), { api_keys: 2 })
      assert.deepStrictEqual(yield* contentOf("acme"), [])
    }).pipe(Effect.provide(stores)))

  it.live("leaves nothing in a partition that is made of the default one meanwhile", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* pauseSecondDelete("delegation_groups", 42)
      const resume = yield* openTransaction(sql`SELECT pg_advisory_xact_lock(42)`)
      const erasing = yield* Effect.forkChild((yield* TenantErasure).erase("acme", "cli"))
      yield* untilWaiting("advisory")
      // What came in the last moment, when the events of its week still went to the default partition.
      yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at, received_at)
        VALUES ('acme', 'last', 'x', 'job', now(), now())`
      const moving = yield* Effect.forkChild(ensurePartitions)
      yield* Effect.raceFirst(Effect.asVoid(Fiber.await(moving)), untilWaiting("advisory", 2))
      yield* resume
      yield* Fiber.join(erasing)
      assert.isTrue(yield* Fiber.join(moving))
      assert.deepStrictEqual(yield* contentOf("acme"), [])
    }).pipe(Effect.provide(stores)))
})
