import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { weekPartitions } from "../../src/maintenance/partitions.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgQueries from "../../src/storage/postgres/PgQueries.ts"
import * as PgStores from "../../src/storage/postgres/PgStores.ts"
import * as TenantSql from "../../src/storage/postgres/TenantSql.ts"
import { envelope, plan, request, result, task, tell, tenant, time } from "../projection/stores.ts"
import { ingest } from "../support/ingest.ts"

/** Nothing listens there. */
const nowhere = Layer.provideMerge(
  TenantSql.layer,
  PgConnection.layer({ url: Redacted.make("postgres://nobody:x@127.0.0.1:1/none") })
)

const stores = Layer.provideMerge(PgStores.layer, layerFreshPostgres)

/** Counts rows as the owner. */
const count = (table: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ rows: number }>`SELECT count(*)::int4 AS rows FROM ${sql(table)}`
    return row?.rows
  })

const lost = (overflow: number) => ({ tracker: "t", serviceKey: "s", counts: { overflow } })

describe("the tables", () => {
  it.live("all confine a tenant, those without a tenant apart", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const open = yield* sql<{ name: string }>`
        SELECT c.relname::text AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1`
      assert.deepStrictEqual(open.map(({ name }) => name), [
        "api_keys",
        "audit_log",
        "retention_mark",
        "tracker_migrations"
      ])
    }).pipe(Effect.provide(stores)))

  it.live("put events into the partition of the week", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(envelope("plan.started", time(0), { plan_id: "p" }))
      const [row] = yield* sql<{ name: string }>`SELECT tableoid::regclass::text AS name FROM event_timeline`
      assert.match(row?.name ?? "", /^event_timeline_\d{8}$/)
    }).pipe(Effect.provide(stores)))

  it.live("keep rejected events with their reason, the same one once", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const good = envelope("plan.started", time(0), { plan_id: "p" })
      const bad = [{ id: "a\0" }, 7, { ...good, data: { plan_id: "q" } }, JSON.parse("[".repeat(200) + "]".repeat(200))]
      yield* tell(good, ...bad)
      yield* tell(...bad)
      assert.deepStrictEqual(
        yield* sql`SELECT event_id, code, body::jsonb FROM rejected_events WHERE code <> 'missing_field' ORDER BY code, body`,
        [
          { event_id: good.id, code: "id_conflict", body: { ...good, data: { plan_id: "q" } } },
          { event_id: null, code: "not_an_object", body: 7 },
          { event_id: null, code: "not_an_object", body: bad[3] }
        ]
      )
      // PostgreSQL's JSON has no NUL; the text that was sent has.
      assert.deepStrictEqual(yield* sql`SELECT body FROM rejected_events WHERE code = 'missing_field'`, [
        { body: `{"id":"a\\u0000"}` }
      ])
    }).pipe(Effect.provide(stores)))

  it.live("keep the greatest total of what a tracker has lost", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      for (const total of [3, 12, 5]) yield* ingest(tenant, [], { lost: lost(total) })
      assert.deepStrictEqual(
        yield* sql`SELECT tenant_id, tracker, service_key, reason, lost_events::float8 AS total FROM tracker_losses`,
        [{ tenant_id: tenant, tracker: "t", service_key: "s", reason: "overflow", total: 12 }]
      )
    }).pipe(Effect.provide(stores)))
})

describe("a database that is away", () => {
  it.live("fails as such, so that the sender tries again", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(tell(envelope("plan.started", time(0), { plan_id: "p" })))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.strictEqual((yield* Effect.flip(plan("p")))._tag, "StoreUnavailable")
    }).pipe(Effect.provide(Layer.merge(PgEventStore.layer, PgQueries.layer).pipe(Layer.provide(nowhere)))))
})

/** How many events of one kind a batch has. */
const each = 40
const numbered = <A>(of: (i: number) => A): ReadonlyArray<A> => Array.from({ length: each }, (_, i) => of(i))

const tellAll = (events: ReadonlyArray<unknown>) => tell(...events)

describe("batches at the same time", () => {
  it.live("store each event once and fold into the same rows", () =>
    Effect.gen(function*() {
      const tasks = Array.from({ length: 20 }, (_, i) => `task-${i}`)
      const events = tasks.flatMap((id) => [request(id, time(0), { plan_id: "p" }), result(id, time(1))])
      const orders = [events, events.toReversed(), events.filter((_, i) => i % 2 === 0), events.toReversed()]
      const answers = yield* Effect.forEach(orders, (order) => tell(...order), { concurrency: "unbounded" })
      assert.strictEqual(answers.reduce((sum, { accepted }) => sum + accepted, 0), events.length)
      assert.deepStrictEqual(answers.flatMap(({ rejected }) => rejected), [])
      assert.strictEqual(yield* count("event_timeline"), events.length)
      assert.deepInclude(yield* plan("p"), { task_count: 20, completed_tasks: 20 })
      assert.deepInclude(yield* task("p", "task-7"), { state: "completed", duration_seconds: 60 })
    }).pipe(Effect.provide(stores)))

  it.live("never wait for each other in a circle, whatever they hold in whatever order", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(...numbered((i) => envelope("plan.started", time(0), { plan_id: "taken" }, { id: `taken-${i}` })))
      const refused = numbered((i) => ({ id: `refused-${i}` }))
      const events = [
        ...refused,
        ...numbered((i) => envelope("plan.started", time(0), { plan_id: "other" }, { id: `taken-${i}` })),
        ...numbered((i) => envelope("goal", time(0), {}, { topic: "business-facts", trace_id: `trace-${i}` })),
        ...numbered((i) =>
          envelope("delegation.started", time(0), {
            group_id: `group-${i}`,
            parent_task_id: `parent-${i}`,
            plan_id: `plan-${i}`,
            total_tasks: 2
          })
        )
      ]
      const half = events.length / 2
      // Batches that share ids wait for the first of them; those that have nothing but rejected events do not.
      const refusedAlone = Array.from({ length: 4 }, (_, i) => i % 2 === 0 ? refused : refused.toReversed())
      const orders = [events, events.toReversed(), [...events.slice(half), ...events.slice(0, half)]]
      const alone = yield* Effect.forEach(refusedAlone, tellAll, { concurrency: "unbounded" })
      const answers = yield* Effect.forEach([...orders, ...orders], tellAll, { concurrency: "unbounded" })
      assert.strictEqual(answers.reduce((sum, { accepted }) => sum + accepted, 0), 2 * each)
      for (const { rejected } of answers) assert.strictEqual(rejected.length, 2 * each)
      for (const { rejected } of alone) assert.strictEqual(rejected.length, each)
      assert.deepStrictEqual(
        yield* Effect.forEach(["rejected_events", "trace_ranges", "delegation_groups"], count),
        [2 * each, each, each]
      )
      // Rows lie as they were inserted; a table that is written in the order of its keys cannot close a circle.
      for (
        const [rows, key] of [
          ["rejected_events WHERE code = 'missing_field'", "content_sha256"],
          ["rejected_events WHERE code = 'id_conflict'", "content_sha256"],
          ["trace_ranges", "trace_id"],
          ["delegation_groups", "group_id"]
        ]
      ) {
        const [row] = yield* sql.unsafe<{ sorted: boolean }>(
          `SELECT array_agg(${key} ORDER BY ctid) = array_agg(${key} ORDER BY ${key}) AS sorted FROM ${rows}`
        )
        assert.isTrue(row?.sorted, rows)
      }
    }).pipe(Effect.provide(stores)))
})

const names = (instant: string) => weekPartitions(Date.parse(instant)).map(({ name }) => name)

describe("a week's partition", () => {
  it("runs from Monday to Monday, four weeks ahead", () => {
    assert.deepStrictEqual(names("2026-01-11T23:59:59.999Z"), [
      "event_timeline_20260105",
      "event_timeline_20260112",
      "event_timeline_20260119",
      "event_timeline_20260126",
      "event_timeline_20260202"
    ])
    assert.strictEqual(names("2026-01-12T00:00:00Z")[0], "event_timeline_20260112")
    assert.deepStrictEqual(weekPartitions(0, 0), [{
      name: "event_timeline_19691229",
      from: "1969-12-29",
      to: "1970-01-05"
    }])
  })
})
