import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerTimeline } from "../../src/query/answerTimeline.ts"
import { encodeCursor } from "../../src/query/cursor.ts"
import { maxPageBytes, timelinePage } from "../../src/query/timelinePage.ts"
import { envelope, onEachStore, tell, tenant, time } from "../projection/stores.ts"

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

const shown = ({ keys, next }: ReturnType<typeof timelinePage>) => [keys.map(({ eventId }) => eventId).join(" "), next]

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
      const scope = { tenantId: tenant, list: "timeline", id: "p" } as const
      const ask = (rank: unknown) =>
        answerTimeline(tenant, "p", { cursor: encodeCursor(scope, ["p", instant(0), rank]) })
      for (const rank of [-1, 0.5, 1e300, 2 ** 53, 10_000_001, "1", null]) {
        assert.strictEqual((yield* Effect.flip(ask(rank)))._tag, "BadRequest", String(rank))
      }
      assert.lengthOf((yield* ask(0)).events, 1)
      assert.lengthOf((yield* ask(10_000_000)).events, 0)
    }))
})
