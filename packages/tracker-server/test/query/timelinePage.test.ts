import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { answerTimeline } from "../../src/query/answerTimeline.ts"
import { maxPageBytes } from "../../src/query/bounded.ts"
import { encodeCursor } from "../../src/query/cursor.ts"
import { mostOrdered, timelinePage } from "../../src/query/timelinePage.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgQueries from "../../src/storage/postgres/PgQueries.ts"
import { askedAt, at, envelope, onEachStore, tell, tenant, time } from "../projection/stores.ts"

const instant = (second: number) => `2026-01-11T10:00:0${second}.000000Z`
const key = (eventId: string, second: number, bytes: number) => ({
  eventId,
  occurredAt: instant(second),
  parentEventId: null,
  sequence: 0,
  bytes
})
const start = { from: null, rank: 0 }
const half = maxPageBytes / 2

const idOf = (n: number) => `c${String(n).padStart(5, "0")}`

/** One event more than are ordered by their parents; each one's is the next. */
const crowd = Array.from({ length: mostOrdered + 1 }, (_, n) => ({ ...key(idOf(n), 1, 1), parentEventId: idOf(n + 1) }))

const scope = { tenantId: tenant, list: "timeline", id: "p" } as const

const shown = ({ keys, next }: ReturnType<typeof timelinePage>) => [keys.map(({ eventId }) => eventId).join(" "), next]

/** A page that begins where somebody says it does. */
const ask = (rank: unknown) => answerTimeline(tenant, "p", { cursor: encodeCursor(scope, ["p", instant(0), rank]) })

describe("a page of a timeline", () => {
  it("ends at its limit, and the next begins within the instant", () =>
    assert.deepStrictEqual(
      shown(timelinePage([key("a", 0, 1), key("c", 1, 1), key("b", 1, 1), key("d", 1, 1)], start, 3)),
      ["a b c", { from: instant(1), rank: 2 }]
    ))

  it("ends at 4 MiB of payload, that many included", () => {
    const keys = [key("a", 0, half), key("b", 0, half), key("c", 0, 1), key("d", 1, 1)]
    assert.deepStrictEqual(shown(timelinePage(keys, start, 10)), ["a b", { from: instant(0), rank: 2 }])
    assert.deepStrictEqual(shown(timelinePage(keys, { from: instant(0), rank: 2 }, 10)), ["c d", null])
  })

  it("has one event at least, however large", () => {
    const keys = [key("a", 0, 3 * maxPageBytes), key("b", 0, 3 * maxPageBytes)]
    assert.deepStrictEqual(shown(timelinePage(keys, start, 10)), ["a", { from: instant(0), rank: 1 }])
    assert.deepStrictEqual(shown(timelinePage(keys, { from: instant(0), rank: 1 }, 10)), ["b", null])
  })

  it("is empty after the last event", () =>
    assert.deepStrictEqual(shown(timelinePage([key("a", 0, 1)], { from: instant(0), rank: 5 }, 10)), ["", null]))

  it("passes over nothing where its instant is gone", () =>
    assert.deepStrictEqual(shown(timelinePage([key("a", 1, 1)], { from: instant(0), rank: 1 }, 10)), ["a", null]))

  it("is one of a crowd, or has none of it", () => {
    const all = [key("before", 0, 1), ...crowd, key("z", 2, 1)]
    const from = (second: number) => all.filter(({ occurredAt }) => occurredAt >= instant(second))
    const page = (second: number, rank: number, limit: number) =>
      shown(timelinePage(from(second), { from: instant(second), rank }, limit))
    assert.deepStrictEqual(page(0, 0, 10), ["before", { from: instant(1), rank: 0 }])
    assert.deepStrictEqual(page(1, 0, 2), ["c00000 c00001", { from: instant(1), rank: 2 }])
    assert.deepStrictEqual(page(1, mostOrdered, 10), [idOf(mostOrdered), { from: instant(2), rank: 0 }])
    assert.deepStrictEqual(page(2, 0, 10), ["z", null])
    // One less, and parents stand before their children.
    const ordered = timelinePage(crowd.slice(0, -1), { from: instant(1), rank: 0 }, 1)
    assert.deepStrictEqual(shown(ordered), [idOf(mostOrdered - 1), { from: instant(1), rank: 1 }])
  })

  it.effect("of a crowd is the same from PostgreSQL, which reads no more than the page", () =>
    Effect.gen(function*() {
      // More than it takes to see that it is one, from wherever.
      const last = 2 * mostOrdered + 100
      const sql = yield* SqlClient.SqlClient
      const note = envelope("note.taken", time(0, 2), { plan_id: "p" }, { id: "z" })
      yield* tell(envelope("plan.started", time(0), { plan_id: "p" }, { id: "before" }), note)
      yield* sql`INSERT INTO event_timeline
          (tenant_id, event_id, event_type, form, plan_id, occurred_at, received_at, parent_event_id)
        SELECT tenant_id, 'c' || lpad(n::text, 5, '0'), 'note.taken', form, plan_id,
          occurred_at + interval '1 second', received_at, 'c' || lpad((n + 1)::text, 5, '0')
        FROM event_timeline, generate_series(0, ${last}::int) AS n WHERE event_id = 'before'`
      const seen: Array<string> = []
      const jump = { limit: "2", cursor: encodeCursor(scope, ["p", instant(1), last - 1]) }
      for (
        let page: { readonly limit: string; readonly cursor?: string } = { limit: "2" };
        page.cursor !== undefined || seen.length === 0;
      ) {
        const { events, next_cursor } = yield* answerTimeline(tenant, "p", page)
        seen.push(events.map(({ event_id }) => event_id).join(" "))
        page = next_cursor === undefined
          ? { limit: "2" }
          : seen.length === 3
          ? jump
          : { limit: "2", cursor: next_cursor }
      }
      assert.deepStrictEqual(seen, [
        "before",
        "c00000 c00001",
        "c00002 c00003",
        `${idOf(last - 1)} ${idOf(last)}`,
        "z"
      ])
    }).pipe(
      Effect.provide(Layer.provideMerge(Layer.merge(PgEventStore.layer, PgQueries.layer), layerFreshPostgres)),
      at(askedAt)
    ))

  onEachStore(
    "carries no more than fits, of events of one instant as of others, and loses none",
    () =>
      Effect.gen(function*() {
        const note = "x".repeat(240_000)
        const sent = Array.from({ length: 40 }, (_, i) =>
          envelope("plan.state_changed", time(i < 30 ? 0 : 1), { plan_id: "p", note }, {
            id: `e${String(i).padStart(2, "0")}`
          }))
        // A request holds 5 MiB.
        for (const from of [0, 20]) {
          yield* tell(...sent.slice(from, from + 20))
        }
        const pages: Array<ReadonlyArray<string>> = []
        let cursor: string | undefined
        do {
          const answer: Effect.Success<ReturnType<typeof answerTimeline>> = yield* answerTimeline(tenant, "p", {
            limit: "500",
            cursor
          })
          pages.push(answer.events.map(({ event_id }) =>
            event_id
          ))
          cursor = answer.next_cursor
        } while (cursor !== undefined)
        assert.deepStrictEqual(pages.map(({ length }) => length), [17, 17, 6])
        assert.deepStrictEqual(pages.flat(), sent.map(({ id }) => id))
      })
  )

  onEachStore("begins nowhere that a forged cursor says", () =>
    Effect.gen(function*() {
      yield* tell(envelope("plan.started", time(0), { plan_id: "p" }))
      for (const rank of [-1, 0.5, 1e300, 2 ** 53, 10_000_001, "1", null]) {
        assert.strictEqual((yield* Effect.flip(ask(rank)))._tag, "BadRequest", String(rank))
      }
      assert.lengthOf((yield* ask(0)).events, 1)
      assert.lengthOf((yield* ask(10_000_000)).events, 0)
    }))
})
