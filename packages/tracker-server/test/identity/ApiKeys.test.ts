import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { ApiKeys } from "../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../src/identity/PgApiKeys.ts"
import { digest, makeSecret } from "../../src/identity/secret.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import { TenantSql } from "../../src/storage/postgres/TenantSql.ts"
import { planStarted } from "../admin/AdminServer.ts"
import { ingest } from "../support/ingest.ts"
import { openTransaction, untilWaiting } from "../support/locks.ts"

const onPostgres = Effect.provide(
  Layer.provideMerge(Layer.merge(PgApiKeys.layer, PgEventStore.layer), layerFreshPostgres)
)
const acme = { tenantId: "acme", name: "laptop", scopes: ["ingest", "query"] as const }

describe("ApiKeys on PostgreSQL", () => {
  it.live("finds whose a secret is, by nothing but its hash", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const { id, secret } = yield* keys.create(acme, "cli")
      yield* keys.create({ ...acme, tenantId: "other" }, "cli")
      assert.deepStrictEqual(
        yield* keys.find(secret),
        Option.some({ keyId: id, tenantId: "acme", scopes: ["ingest", "query"] })
      )
      assert.deepStrictEqual(yield* keys.find(makeSecret()), Option.none())
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ row: string; hash: Uint8Array }>`
        SELECT k::text AS row, secret_sha256 AS hash FROM api_keys k WHERE id = ${id}`
      assert.deepStrictEqual(new Uint8Array(row?.hash ?? []), digest(secret))
      assert.notInclude(row?.row, Redacted.value(secret))
    }).pipe(onPostgres))

  it.live("a revoked key opens nothing, and stays in the list", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const { id, secret } = yield* keys.create(acme, "cli")
      assert.isTrue(yield* keys.revoke(id, "cli"))
      assert.deepStrictEqual(yield* keys.find(secret), Option.none())
      const [first] = yield* keys.list
      assert.isTrue(yield* keys.revoke(id, "cli"))
      const [again] = yield* keys.list
      assert.deepStrictEqual(again, first)
      assert.match(first?.revokedAt ?? "", /^\d{4}-.*\.\d{6}Z$/)
      assert.isFalse(yield* keys.revoke("key_unknown", "cli"))
    }).pipe(onPostgres))

  it.live("revoking waits for what is being written with the key, and nothing comes after it", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const sql = yield* SqlClient.SqlClient
      const { id, secret } = yield* keys.create(acme, "cli")
      // Another transaction has taken the event's id, given it back, and not ended yet.
      const release = yield* openTransaction(Effect.andThen(
        sql`INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at) VALUES ('acme', 'e', sha256('x'), now())`,
        sql`DELETE FROM event_ids`
      ))
      const writer = yield* Effect.forkChild(ingest("acme", [planStarted("e", "p")], { keyId: id }))
      yield* untilWaiting("transactionid")
      const events = sql<{ events: number }>`SELECT count(*)::int4 AS events FROM event_timeline`
      const revoking = yield* Effect.forkChild(Effect.andThen(keys.revoke(id, "cli"), events))
      yield* untilWaiting("advisory")
      // Requests are refused already.
      assert.deepStrictEqual(yield* keys.find(secret), Option.none())
      yield* release
      assert.deepStrictEqual(yield* Fiber.join(revoking), [{ events: 1 }])
      assert.strictEqual((yield* Fiber.join(writer)).accepted, 1)
      assert.strictEqual((yield* Effect.flip(ingest("acme", [{ id: "bad" }], { keyId: id })))._tag, "KeyEnded")
    }).pipe(onPostgres))

  it.live("makes one first key, however many ask at once", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const kept: Array<string> = []
      const made = yield* Effect.all(
        Array.from({ length: 8 }, () =>
          keys.createFirst(acme, (secret) => Effect.sync(() => void kept.push(Redacted.value(secret))))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        made.filter(Option.isSome).map(({ value }) =>
          Redacted.value(value)
        ),
        kept
      )
      assert.strictEqual(kept.length, 1)
    }).pipe(onPostgres))

  it.live("makes no first key where its secret cannot be kept", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      assert.strictEqual(yield* Effect.flip(keys.createFirst(acme, () => Effect.fail("disk full"))), "disk full")
      assert.deepStrictEqual(yield* keys.list, [])
    }).pipe(onPostgres))

  it.live("ensures a given secret once, and refuses one that cannot serve", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const secret = Redacted.make("a-secret-of-ones-own")
      const id = yield* keys.ensure(secret, acme)
      assert.strictEqual(yield* keys.ensure(secret, acme), id)
      const problem = (key: Parameters<typeof keys.ensure>[1]) =>
        Effect.map(Effect.flip(keys.ensure(secret, key)), (error) =>
          error._tag === "SecretTaken" ? [error.problem, error.keyId] : error._tag)
      assert.deepStrictEqual(yield* problem({ ...acme, tenantId: "other" }), ["other_tenant", id])
      assert.deepStrictEqual(yield* problem({ ...acme, scopes: ["query", "admin"] }), ["fewer_scopes", id])
      yield* keys.revoke(id, "cli")
      assert.deepStrictEqual(yield* problem(acme), ["revoked", id])
    }).pipe(onPostgres))

  it.live("are out of reach for the role that queries run under", () =>
    Effect.gen(function*() {
      const { secret } = yield* Effect.flatMap(ApiKeys, (keys) => keys.create(acme, "cli"))
      const { within } = yield* TenantSql
      const sql = yield* SqlClient.SqlClient
      const exit = yield* Effect.exit(within("acme")(sql`SELECT * FROM api_keys`))
      assert.isTrue(exit._tag === "Failure" && exit.cause.toString().includes("permission denied"), String(exit))
      const found = yield* within("acme")(sql`SELECT tenant_id FROM tracker_api_key(${digest(secret)})`)
      assert.deepStrictEqual(found, [{ tenant_id: "acme" }])
    }).pipe(onPostgres))
})
