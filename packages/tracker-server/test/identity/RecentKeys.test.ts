import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ApiKeys } from "../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../src/identity/PgApiKeys.ts"
import * as RecentKeys from "../../src/identity/RecentKeys.ts"
import { makeSecret } from "../../src/identity/secret.ts"

const onPostgres = Effect.provide(
  RecentKeys.layer.pipe(Layer.provideMerge(PgApiKeys.layer), Layer.provideMerge(layerFreshPostgres))
)
const acme = { tenantId: "acme", name: "", scopes: ["query"] as const }

const isKnown = (secret: ReturnType<typeof makeSecret>) =>
  Effect.flatMap(RecentKeys.RecentKeys, ({ find }) => Effect.map(find(secret), Option.isSome))

describe("keys that were looked up lately", () => {
  it.effect("work on for a second at most when another server ends them", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const { id, secret } = yield* keys.create(acme, "cli")
      assert.isTrue(yield* isKnown(secret))
      yield* keys.revoke(id, "cli")
      assert.isTrue(yield* isKnown(secret))
      yield* TestClock.adjust("1 second")
      assert.isFalse(yield* isKnown(secret))
    }).pipe(onPostgres))

  it.effect("are looked up anew at once when they are forgotten", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const { id, secret } = yield* keys.create(acme, "cli")
      assert.isTrue(yield* isKnown(secret))
      yield* keys.revoke(id, "cli")
      yield* (yield* RecentKeys.RecentKeys).forget
      assert.isFalse(yield* isKnown(secret))
    }).pipe(onPostgres))

  it.effect("are not remembered as unknown", () =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys
      const secret = makeSecret()
      assert.isFalse(yield* isKnown(secret))
      yield* keys.ensure(secret, acme)
      assert.isTrue(yield* isKnown(secret))
    }).pipe(onPostgres))

  it.effect("are looked up once by all that ask at the same time", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { secret } = yield* (yield* ApiKeys).create(acme, "cli")
      yield* Effect.forEach(Array.from({ length: 50 }, () => secret), isKnown, { concurrency: "unbounded" })
      // Gone for good, and still remembered: none of these asks the database.
      yield* sql`DELETE FROM api_keys`
      const known = yield* Effect.forEach(Array.from({ length: 50 }, () => secret), isKnown)
      assert.deepStrictEqual([...new Set(known)], [true])
    }).pipe(onPostgres))
})
