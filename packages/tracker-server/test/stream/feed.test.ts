import { freshDatabase, layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { feedPageStatement, inIndexOrder } from "../../src/storage/postgres/FeedPages.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgTimelineFeed from "../../src/storage/postgres/PgTimelineFeed.ts"
import { markDefaultDropped, markDropped, markPartitionDropped } from "../../src/storage/postgres/RetentionMark.ts"
import * as TenantSql from "../../src/storage/postgres/TenantSql.ts"
import { TimelineFeed } from "../../src/storage/TimelineFeed.ts"
import { beginning, formatPosition, parsePosition, type StreamPosition } from "../../src/stream/position.ts"
import { envelope, onEachStore, request, tell, tenant, time } from "../projection/stores.ts"
import { nodesIn } from "../support/ExplainedSql.ts"
import { ingest } from "../support/ingest.ts"

/** All pages from a place on: the events' ids, and the place after them. */
const readOn = (from: StreamPosition, plans: ReadonlyArray<string> | null = null) =>
  Effect.gen(function*() {
    const feed = yield* TimelineFeed
    const ids: Array<string> = []
    let pages = 0
    let position = from
    for (let hasMore = true; hasMore; pages++) {
      const page = yield* feed.page(tenant, position, plans)
      ids.push(...page.events.map(({ row }) => row.eventId))
      position = page.next
      // Another test's transaction may hold back what is committed here: they share one PostgreSQL.
      hasMore = page.hasMore || page.isHeldBack
    }
    return { ids, position, pages }
  })

const started = (planId: string) => envelope("plan.started", time(0), { plan_id: planId })
const ended = (planId: string, type: string) => envelope(type, time(1), { plan_id: planId })

/** Runs a statement as pages are read. */
const ask = (question: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql.TenantSql
    return yield* within(tenant, "once")(Effect.andThen(sql.unsafe(inIndexOrder), sql.unsafe(question)))
  })

/** Plans the statement of a page, as the tables are now. */
const plan = (name: string) =>
  Effect.andThen(
    ask(`PREPARE ${name} AS ${feedPageStatement}`),
    ask(`EXECUTE ${name}('${tenant}', '1', 0, null)`)
  )

/** How many rows a page reads of all tables, those among them that it does not want. */
const readBy = (statement: string) =>
  Effect.map(
    ask(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE ${statement}('${tenant}', '1', 0, null)`),
    (rows) =>
      nodesIn(rows).filter((node) => "Relation Name" in node).reduce(
        (sum, node) =>
          sum + Number(node["Actual Loops"]) *
            (Number(node["Actual Rows"]) + Number(node["Rows Removed by Filter"] ?? 0)),
        0
      )
  )

describe("the feed", () => {
  onEachStore("goes on after each event, and sees what came since", () =>
    Effect.gen(function*() {
      const feed = yield* TimelineFeed
      const first = [started("p"), started("q"), started("r")]
      yield* tell(...first)
      yield* readOn(beginning)
      const { position } = yield* feed.start(tenant, null)
      assert.deepStrictEqual((yield* readOn(position)).ids, [])
      const later = started("s")
      yield* tell(later, first[0], { id: "refused" })
      assert.deepStrictEqual((yield* readOn(position)).ids, [later.id])
      const all = [...first, later].map(({ id }) => id)
      const { events } = yield* feed.page(tenant, beginning, null)
      assert.deepStrictEqual(events.map(({ row }) => row.eventId), all)
      for (const [i, event] of events.entries()) {
        assert.deepStrictEqual((yield* readOn(event.position)).ids, all.slice(i + 1))
      }
      assert.deepStrictEqual((yield* feed.page("other", beginning, null)).events, [])
    }))

  onEachStore("holds an event against how its plan ended", () =>
    Effect.gen(function*() {
      const feed = yield* TimelineFeed
      yield* tell(started("p"), ended("p", "plan.completed"), envelope("plan.failed", time(2), { plan_id: "p" }))
      yield* readOn(beginning)
      const { events } = yield* feed.page(tenant, beginning, ["p"])
      assert.deepStrictEqual(events.map(({ plan }) => plan), Array(3).fill(events[0]?.plan))
      assert.isNotNull(events[0]?.plan?.endStatus)
      assert.deepStrictEqual((yield* readOn(beginning, ["q"])).ids, [])
    }))

  onEachStore("knows no place ahead of its own", () =>
    Effect.gen(function*() {
      const feed = yield* TimelineFeed
      yield* tell(started("p"))
      const start = yield* feed.start(tenant, { transaction: 2n ** 60n, ordinal: 0 })
      assert.isTrue(start.isReset)
      assert.lengthOf((yield* readOn(start.position)).ids, 1)
      assert.isFalse((yield* feed.start(tenant, start.position)).isReset)
    }))

  it.live("is not held back by events of a restored dump, whose transactions this database has not begun", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const feed = yield* TimelineFeed
      const { position } = yield* feed.start(tenant, null)
      yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at, commit_xid)
        VALUES (${tenant}, 'restored', 'x', 'job', now(), '9000000000000')`
      const page = yield* feed.page(tenant, position, null)
      assert.deepStrictEqual([page.isHeldBack, page.events.length], [false, 0])
    }).pipe(Effect.provide(Layer.provideMerge(PgTimelineFeed.layer, layerFreshPostgres))))

  it.live("resumes where it was, whatever had been dropped before a dump was restored here", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const feed = yield* TimelineFeed
      const { position } = yield* feed.start(tenant, null)
      const isReset = Effect.map(feed.start(tenant, position), (start) => start.isReset)
      yield* sql`INSERT INTO retention_mark (dropped_before, dropped_through) VALUES ('2020-01-01', '9000000000000')`
      assert.isFalse(yield* isReset)
      const before = new Date("2021-01-01T00:00:00Z")
      yield* markDropped(before)
      assert.deepStrictEqual(yield* sql`SELECT dropped_through FROM retention_mark`, [{ dropped_through: null }])
      // Of what is dropped next, only this database's own transactions count.
      yield* sql`CREATE TABLE event_timeline_20200106 PARTITION OF event_timeline
        FOR VALUES FROM ('2020-01-06T00:00:00Z') TO ('2020-01-13T00:00:00Z')`
      for (
        const [received, drop] of [["2020-01-07", markPartitionDropped("event_timeline_20200106")], [
          "2020-02-01",
          markDefaultDropped(before)
        ]] as const
      ) {
        const [own] = yield* sql<{ commit_xid: string }>`
          INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at, received_at)
          VALUES ('another', ${received}, 'x', 'job', now(), (${received}::text)::timestamptz) RETURNING commit_xid::text AS commit_xid`
        yield* sql`
          INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at, received_at, commit_xid)
          SELECT tenant, 'restored', 'x', 'job', now(), (${received}::text)::timestamptz, '9000000000000'
          FROM unnest(ARRAY['a', 'another', 'z']) AS tenant`
        yield* drop
        assert.deepStrictEqual(
          yield* sql`SELECT dropped_through::text AS commit_xid FROM retention_mark`,
          [{ commit_xid: own?.commit_xid }]
        )
      }
      assert.isTrue(yield* isReset)
    }).pipe(Effect.provide(Layer.provideMerge(PgTimelineFeed.layer, layerFreshPostgres))))

  it.live("reads pages by keys alone, by whatever plan", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      const stores = Layer.mergeAll(PgEventStore.layer, PgTimelineFeed.layer).pipe(
        Layer.provide(TenantSql.layer),
        Layer.provideMerge(PgConnection.layer({ url }))
      )
      // One connection, which keeps what it has planned.
      const reader = Layer.provideMerge(TenantSql.layer, PgConnection.layer({ url, maxConnections: 1 }))
      const events = Array.from(
        { length: 1_250 },
        (_, i) => [started(`plan-${i}`), request(`task-${i}`, time(1), { plan_id: `plan-${i}` })]
      )
      yield* Effect.gen(function*() {
        const store = yield* Layer.build(stores)
        // What is planned while a table is empty stays for minutes; a new week's partition has no statistics.
        yield* plan("empty")
        const { ids, pages } = yield* Effect.andThen(
          Effect.forEach([0, 625], (from) => ingest(tenant, events.slice(from, from + 625).flat())),
          readOn(beginning)
        ).pipe(Effect.provide(store))
        assert.deepStrictEqual(ids, events.flat().map(({ id }) => id))
        assert.isAtLeast(pages, 3)
        yield* plan("fresh")
        const early = yield* Effect.forEach(["empty", "fresh"], readBy)
        const sql = yield* SqlClient.SqlClient
        yield* sql`ANALYZE`
        yield* plan("analysed")
        // Its 1,000 events, a task and a plan of two each, and the newest event.
        assert.deepStrictEqual([...early, yield* readBy("analysed")], [2_001, 2_001, 2_001])
        const watched = yield* Effect.provide(readOn(beginning, ["plan-1200"]), store)
        assert.deepStrictEqual(watched.ids, events[1_200]?.map(({ id }) => id))
      }).pipe(Effect.provide(reader))
    }))
})

describe("a place in the stream", () => {
  it("is read as it was written, and nothing else is one", () => {
    for (
      const place of [beginning, { transaction: 2n ** 64n - 1n, ordinal: 2 ** 31 - 1 }, { transaction: 7n, ordinal: 1 }]
    ) {
      assert.deepStrictEqual(parsePosition(formatPosition(place)), place)
    }
    for (
      const id of [
        "",
        "1",
        "1-",
        "-1",
        "01-1",
        "1-01",
        "1-1 ",
        "1.5-1",
        "1-1-1",
        "18446744073709551616-0",
        "1-2147483648"
      ]
    ) {
      assert.isUndefined(parsePosition(id), id)
    }
  })
})
