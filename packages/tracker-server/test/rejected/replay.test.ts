import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as PgTenantErasure from "../../src/erasure/PgTenantErasure.ts"
import { TenantErasure } from "../../src/erasure/TenantErasure.ts"
import { decode } from "../../src/ingest/decode.ts"
import { weekPartition } from "../../src/maintenance/partitions.ts"
import { foresee } from "../../src/rejected/foresee.ts"
import { replayAll } from "../../src/rejected/replay.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgRejectedStore from "../../src/storage/postgres/PgRejectedStore.ts"
import { RejectedStore } from "../../src/storage/RejectedStore.ts"
import { planStarted } from "../admin/AdminServer.ts"
import { ingest } from "../support/ingest.ts"

const stores = Layer.mergeAll(PgEventStore.layer, PgRejectedStore.layer, PgTenantErasure.layer).pipe(
  Layer.provideMerge(layerFreshPostgres)
)

const tenant = "acme"

/** Bodies of all kinds that are bad today and stay so. */
const bad: ReadonlyArray<unknown> = [
  7,
  "a line",
  null,
  [],
  JSON.parse("{\"__proto__\":1,\"10\":2,\"9\":3}"),
  { id: "a\0b", time: "2026-01-11T10:00:00Z", type: "x" },
  { id: "a\ud800", data: { "k\0": "\ud800" } },
  { ...planStarted("inf", "p"), data: { plan_id: "p", n: Infinity, m: [-Infinity], zero: -0 } },
  JSON.parse(`{"id":"deep","data":${"[".repeat(500)}${"]".repeat(500)}}`),
  { ...planStarted("large", "p"), data: { plan_id: "p", text: "x".repeat(300_000) } },
  { eventId: "j", timestamp: "now", type: "job.created" },
  planStarted("taken", "other"),
  {
    ...planStarted("taken", "p"),
    env: "test",
    note: "\0",
    planId: "p",
    tenantId: "t",
    data: { plan_id: "p", b: 1, a: 2 }
  }
]

/** As if an earlier version had refused these for a reason of its own. */
const refuse = (values: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    for (const [i, value] of values.entries()) {
      yield* sql`INSERT INTO rejected_events (tenant_id, code, detail, body, content_sha256, received_at)
        VALUES (${tenant}, 'invalid_type', 'old', ${JSON.stringify(value)}, sha256(${
        String(i)
      }::bytea), '2026-01-01T00:00:00Z')`
    }
  })

/** A full replay, and what happens to the tenant right after its first page was read. */
const replayWhile = Effect.fnUntraced(function*(what: Effect.Effect<unknown, unknown>) {
  const rejectedStore = yield* RejectedStore
  const once = yield* Effect.cached(Effect.orDie(what))
  return yield* Effect.provideService(replayAll(tenant, null, false), RejectedStore, {
    ...rejectedStore,
    page: (tenantId, request) => Effect.tap(rejectedStore.page(tenantId, request), once)
  })
})

const all = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`SELECT id, event_id, code, detail, body, content_sha256, received_at FROM rejected_events ORDER BY id`
})

describe("replay", () => {
  it.live("leaves what is bad still exactly as it was, however often it is tried", () =>
    Effect.gen(function*() {
      yield* ingest(tenant, [planStarted("taken", "p")])
      yield* ingest(tenant, bad)
      const before = yield* all
      assert.lengthOf(before, bad.length)
      const first = yield* replayAll(tenant, null, false)
      assert.deepStrictEqual([first.replayed, first.duplicates, first.not_kept], [0, 0, 0])
      assert.strictEqual(Object.values(first.rejected).reduce((sum, count) => sum + count, 0), bad.length)
      assert.deepStrictEqual(yield* replayAll(tenant, null, false), first)
      assert.deepStrictEqual(yield* all, before)
    }).pipe(Effect.provide(stores)))

  it.live("keeps an event once, by the reason that it is refused for today", () =>
    Effect.gen(function*() {
      const { counts } = yield* RejectedStore
      const values = [{ id: "a" }, { id: "b" }, { ...planStarted("c", "p"), time: "now" }]
      yield* refuse(values)
      const expected = { missing_field: 2, invalid_timestamp: 1 }
      assert.deepStrictEqual((yield* replayAll(tenant, null, false)).rejected, expected)
      assert.deepStrictEqual(yield* counts(tenant), expected)
    }).pipe(Effect.provide(stores)))

  it.live("gives an id to the first of several that want it", () =>
    Effect.gen(function*() {
      yield* refuse([planStarted("a", "p"), planStarted("a", "q"), planStarted("a", "p")])
      const foreseen = yield* replayAll(tenant, null, true)
      const done = yield* replayAll(tenant, null, false)
      assert.deepStrictEqual(done, foreseen)
      assert.deepStrictEqual([done.replayed, done.duplicates + (done.rejected["id_conflict"] ?? 0)], [1, 2])
    }).pipe(Effect.provide(stores)))

  it.live("loses nothing when it is cut off between taking in and letting go", () =>
    Effect.gen(function*() {
      const { counts } = yield* RejectedStore
      yield* refuse([planStarted("a", "p"), planStarted("b", "p")])
      const rejectedStore = yield* RejectedStore
      const cut = yield* Effect.exit(
        replayAll(tenant, null, false).pipe(
          Effect.provideService(RejectedStore, { ...rejectedStore, remove: () => Effect.interrupt })
        )
      )
      assert.isTrue(Exit.isFailure(cut))
      assert.deepStrictEqual(yield* counts(tenant), { invalid_type: 2 })
      assert.deepStrictEqual(yield* replayAll(tenant, null, false), {
        replayed: 0,
        duplicates: 2,
        rejected: {},
        not_kept: 0
      })
      assert.deepStrictEqual(yield* counts(tenant), {})
    }).pipe(Effect.provide(stores)))

  it.live("stores nothing of what was erased since it was read", () =>
    Effect.gen(function*() {
      yield* refuse([planStarted("a", "p"), { id: "b" }])
      const erased = (yield* TenantErasure).erase(tenant, "cli")
      const replayed = yield* replayWhile(erased)
      assert.deepStrictEqual(replayed, { replayed: 0, duplicates: 0, rejected: {}, not_kept: 0 })
      assert.deepStrictEqual(yield* (yield* TenantErasure).count(tenant), {})
    }).pipe(Effect.provide(stores)))

  it.live("reads again what another one has left of a page, beside requests", () =>
    Effect.gen(function*() {
      const { counts } = yield* RejectedStore
      const sql = yield* SqlClient.SqlClient
      yield* refuse([planStarted("a", "p"), planStarted("b", "p")])
      const removed = sql`DELETE FROM rejected_events WHERE body LIKE '%"a"%'`
      const [replayed, answer] = yield* Effect.all([replayWhile(removed), ingest(tenant, [planStarted("c", "p")])], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([replayed.replayed, replayed.duplicates, answer.accepted], [1, 0, 1])
      assert.deepStrictEqual(yield* counts(tenant), {})
      assert.deepStrictEqual(yield* sql`SELECT event_id FROM event_ids ORDER BY 1`, [{ event_id: "b" }, {
        event_id: "c"
      }])
    }).pipe(Effect.provide(stores)))
})

describe("a rejected event's age", () => {
  it.live("begins anew in each week in which it comes, and not with a replay", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const taken = { ...planStarted("taken", "p"), data: { plan_id: "other" } }
      yield* ingest(tenant, [planStarted("taken", "p")])
      const send = ingest(tenant, [{ id: "bad" }, taken])
      yield* send
      const receivedAt = sql<{ code: string; age: string }>`
        SELECT code, received_at::text AS age FROM rejected_events ORDER BY code`
      const age = (instant: string) => sql`UPDATE rejected_events SET received_at = (${instant}::text)::timestamptz`
      const monday = `${weekPartition(Date.now()).from}T00:00:00Z`
      yield* age(monday)
      const thisWeek = yield* receivedAt
      assert.lengthOf(thisWeek, 2)
      yield* send
      assert.deepStrictEqual(yield* receivedAt, thisWeek)
      // The last microsecond of the week before.
      yield* sql`UPDATE rejected_events SET received_at = received_at - interval '1 microsecond'`
      const lastWeek = yield* receivedAt
      yield* replayAll(tenant, null, false)
      assert.deepStrictEqual(yield* receivedAt, lastWeek)
      yield* send
      const again = yield* receivedAt
      assert.deepStrictEqual(again.map(({ code }) => code), lastWeek.map(({ code }) => code))
      for (const [i, { age }] of again.entries()) assert.isAbove(Date.parse(age), Date.parse(lastWeek[i]?.age ?? ""))
    }).pipe(Effect.provide(stores)))
})

describe("foresee", () => {
  it.live("says what ingest says", () =>
    Effect.gen(function*() {
      const { storedHashes } = yield* RejectedStore
      yield* ingest(tenant, [planStarted("taken", "p"), planStarted("same", "p")])
      const values = [
        ...bad,
        planStarted("same", "p"),
        planStarted("new", "p"),
        planStarted("new", "p"),
        planStarted("new", "q")
      ]
      const foreseen = foresee(values.map(decode), yield* storedHashes(tenant, ["taken", "same", "new"]))
      assert.deepStrictEqual(foreseen, yield* ingest(tenant, values))
      assert.deepStrictEqual([foreseen.accepted, foreseen.duplicates, foreseen.rejected.length], [1, 2, bad.length + 1])
    }).pipe(Effect.provide(stores)))
})
