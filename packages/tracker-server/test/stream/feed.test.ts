import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ingest } from "../../src/ingest/ingest.ts"
import { feedPageStatement, inIndexOrder } from "../../src/storage/postgres/FeedPages.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgTimelineFeed from "../../src/storage/postgres/PgTimelineFeed.ts"
import { TenantSql } from "../../src/storage/postgres/TenantSql.ts"
import { TimelineFeed } from "../../src/storage/TimelineFeed.ts"
import { beginning, formatPosition, parsePosition, type StreamPosition } from "../../src/stream/position.ts"
import { envelope, onEachStore, tell, tenant, time } from "../projection/stores.ts"

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

  it.live("reads many events page by page, by the index alone", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const events = Array.from({ length: 2_500 }, (_, i) => started(`plan-${i}`))
      yield* Effect.forEach([0, 1_250], (from) => ingest(tenant, events.slice(from, from + 1_250)))
      const { within } = yield* TenantSql
      // A new week's partition has no statistics, and the plan that is made then stays.
      for (const isAnalysed of [false, true]) {
        if (isAnalysed) yield* sql`ANALYZE`
        const rows = yield* within(tenant, "once")(Effect.andThen(
          sql.unsafe(inIndexOrder),
          sql.unsafe<{ "QUERY PLAN": string }>(`EXPLAIN ${feedPageStatement}`, [tenant, "1", 0, null])
        ))
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n")
        assert.match(plan, /Index Cond: \(\(tenant_id = .*commit_xid/)
        for (
          const wrong of [/(Seq|Bitmap Heap) Scan on event_timeline/, /Sort Key: e_\d\.commit_xid[^\n]*\n *-> +Append/]
        ) {
          assert.notMatch(plan, wrong)
        }
      }
      const { ids, pages } = yield* readOn(beginning)
      assert.deepStrictEqual(ids, events.map(({ id }) => id))
      assert.isAtLeast(pages, 3)
      assert.deepStrictEqual((yield* readOn(beginning, ["plan-2400"])).ids, [events[2400]?.id])
    }).pipe(
      Effect.provide(Layer.provideMerge(Layer.merge(PgEventStore.layer, PgTimelineFeed.layer), layerFreshPostgres))
    ))
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
