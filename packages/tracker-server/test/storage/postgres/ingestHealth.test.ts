import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { answerIngest } from "../../../src/query/answerIngest.ts"
import * as PgEventStore from "../../../src/storage/postgres/PgEventStore.ts"
import * as PgQueries from "../../../src/storage/postgres/PgQueries.ts"
import { onFreshStores, rebuilt, storesOn } from "../../maintenance/projections.ts"
import { envelope, numbered, tell, tenant, time } from "../../projection/stores.ts"

const health = answerIngest(tenant)
const gaps = Effect.map(health, ({ gaps }) => gaps)
const stores = Layer.provideMerge(Layer.merge(PgEventStore.layer, PgQueries.layer), layerFreshPostgres)

describe("what PostgreSQL knows of taking in", () => {
  it.live("counts what several servers take at once", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const requests = Array.from({ length: 30 }, (_, n) => {
          const events = [envelope("a", time(1), { n }), envelope("a", time(1), { n })]
          return tell(...events, ...events, n)
        })
        const servers = [0, 1, 2].map((server) =>
          Effect.provide(
            Effect.all(requests.filter((_, n) => n % 3 === server), { concurrency: "unbounded" }),
            storesOn(url)
          )
        )
        yield* Effect.all(servers, { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* health, {
          accepted: 60,
          duplicates: 60,
          rejected: { not_an_object: 30 },
          lost: {},
          gaps: []
        })
      })
    ))

  it.live("remembers the numbers of events that retention has let go of", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(...numbered("life-1", 1, 2, 4))
      yield* sql`TRUNCATE event_timeline, event_ids`
      yield* tell(...numbered("life-1", 5))
      assert.deepStrictEqual(yield* gaps, [{ incarnation_id: "life-1", from: 3, to: 3 }])
    }).pipe(Effect.provide(stores)))

  it.live("says nothing of lives that an earlier version began", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(...numbered("life-1", 1))
      yield* sql`UPDATE plan_executions SET sequences = NULL, has_gaps = NULL`
      yield* tell(...numbered("life-1", 9))
      assert.deepStrictEqual(yield* gaps, [])
    }).pipe(Effect.provide(stores)))

  it.live("has the numbers that an earlier version did not note put right by a rebuild", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* tell(...numbered("life-1", 1, 2, 4))
        yield* sql`UPDATE plan_executions SET sequences = '{[1,2),[4,5)}'`
        assert.deepStrictEqual(yield* gaps, [{ incarnation_id: "life-1", from: 2, to: 3 }])
        yield* rebuilt(url)
        assert.deepStrictEqual(yield* gaps, [{ incarnation_id: "life-1", from: 3, to: 3 }])
      })
    ))

  it.live("forgets the numbers of a life that has thousands of gaps", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const odd = Array.from({ length: 6000 }, (_, i) => 2 * i + 1)
      yield* tell(...numbered("life-1", ...odd.slice(0, 3000)))
      assert.lengthOf(yield* gaps, 500)
      yield* tell(...numbered("life-1", ...odd.slice(3000)))
      assert.deepStrictEqual(yield* gaps, [])
      yield* tell(...numbered("life-1", 20_000))
      assert.deepStrictEqual(yield* sql`SELECT sequences, has_gaps FROM plan_executions`, [
        { sequences: null, has_gaps: null }
      ])
    }).pipe(Effect.provide(stores)))
})
