import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { orderWithinInstant } from "../../src/query/timelineOrder.ts"

const event = (eventId: string, parentEventId: string | null = null, sequence = 0) => ({
  eventId,
  parentEventId,
  sequence,
  occurredAt: "2026-01-11T10:00:00.000000Z"
})

const order = (...events: ReadonlyArray<ReturnType<typeof event>>) =>
  orderWithinInstant(events).map(({ eventId }) => eventId).join(" ")

describe("events of one instant", () => {
  it("stand by sequence, then id as bytes", () => {
    assert.strictEqual(order(event("b"), event("a"), event("c", null, 1), event("d", null, 0)), "a b d c")
    // As UTF-16 the emoji would come first.
    assert.strictEqual(order(event("\u{1F600}"), event("\uFF5E")), "\uFF5E \u{1F600}")
  })

  it("have a parent before its children, whatever the ids say", () =>
    assert.strictEqual(order(event("a", "c"), event("b", "a"), event("c"), event("d")), "c a b d"))

  it("break a cycle at its smallest, not at a child that hangs on it", () => {
    assert.strictEqual(order(event("c", "b"), event("b", "c"), event("a", "c")), "b c a")
    assert.strictEqual(order(event("a", "a")), "a")
    assert.strictEqual(order(event("d", "e"), event("e", "d"), event("b", "c"), event("c", "b")), "b c d e")
  })

  it("come out the same from any order, each once, and parents first where there is no cycle", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2), fc.option(fc.nat(7))), { minLength: 1, maxLength: 8 }).chain((shape) => {
          const events = shape.map(([sequence, parent], i) =>
            event(`e${i}`, parent === null ? null : `e${parent}`, sequence)
          )
          const all = { minLength: events.length, maxLength: events.length }
          return fc.tuple(fc.constant(events), fc.shuffledSubarray(events, all))
        }),
        ([events, shuffled]) => {
          const ordered = orderWithinInstant(events)
          assert.deepStrictEqual(orderWithinInstant(shuffled), ordered)
          assert.sameMembers([...ordered], events)
          const place = new Map(ordered.map(({ eventId }, i) => [eventId, i]))
          const parents = new Map(events.map(({ eventId, parentEventId }) => [eventId, parentEventId]))
          const isItsOwnAncestor = (start: string) => {
            let at = parents.get(start) ?? null
            for (let steps = 0; at !== null && steps < events.length; steps++) {
              if (at === start) return true
              at = parents.get(at) ?? null
            }
            return false
          }
          for (const { eventId, parentEventId } of events) {
            if (parentEventId === null || !place.has(parentEventId) || isItsOwnAncestor(eventId)) continue
            assert.isBelow(place.get(parentEventId) ?? 0, place.get(eventId) ?? 0)
          }
        }
      )
    ))
})
