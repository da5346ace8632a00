import { status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { BaseTrackingEvent, TrackerLoss } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, idsOf, openTracker } from "./openTracker.ts"

/** An endpoint that answers nothing until told to. */
const held = () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  return { open, answer: () => ({ kind: "after", gate, answer: store }) as const }
}

const breaking = () => {
  throw new Error("listener broke")
}

describe("what HttpBatch loses", () => {
  const cyclic: Record<string, unknown> = {}
  cyclic["self"] = cyclic
  const unencodable: ReadonlyArray<readonly [string, object]> = [
    ["a BigInt", { input: 1n }],
    ["a cycle", { input: cyclic }],
    ["a getter that throws", {
      get input() {
        throw new Error("no")
      }
    }],
    ["a toJSON that throws", {
      input: {
        toJSON() {
          throw new Error("no")
        }
      }
    }]
  ]
  it.live.each(unencodable)("is an event with %s, alone", ([, poison]) =>
    Effect.gen(function*() {
      const losses: Array<TrackerLoss> = []
      const { endpoint, tracker } = yield* openTracker({ onLoss: (loss) => losses.push(loss) })
      const [first, second, third] = yield* jobEvents(3)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      const bad = Object.defineProperties(Object.create(null), {
        ...Object.getOwnPropertyDescriptors(second),
        ...Object.getOwnPropertyDescriptors(poison)
      })
      yield* tracker.emit(first)
      yield* tracker.emit(bad)
      yield* tracker.emit(third)
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf([first, third]))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { unencodable: 1 })
      assert.deepStrictEqual(losses.map(({ eventIds, reason }) => [reason, eventIds]), [["unencodable", [
        second.eventId
      ]]])
    }).pipe(Effect.scoped))

  const overflows = [
    { overflow: "dropNewest", kept: [0, 1, 2, 3, 4] },
    { overflow: "dropOldest", kept: [0, 5, 6, 7, 8] }
  ] as const
  it.live.each(overflows)(
    "is what is more than maxPending, by $overflow",
    ({ kept, overflow }) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ overflow, maxPending: 5, batchSize: 1, concurrency: 1 })
        const gate = held()
        endpoint.answer(gate.answer)
        const events = yield* jobEvents(9)
        yield* emitAll(tracker, events.slice(0, 1))
        yield* endpoint.awaitRequests(1)
        yield* emitAll(tracker, events.slice(1))
        assert.strictEqual((yield* balanced(tracker)).pending, 5)
        gate.open()
        yield* tracker.flush()
        assert.deepStrictEqual(idsOf(endpoint.stored()), kept.map((index) => events[index]?.eventId))
        assert.deepStrictEqual((yield* balanced(tracker)).lost, { overflow: 4 })
      }).pipe(Effect.scoped)
  )

  const byteOverflows = [
    { overflow: "dropNewest", kept: [0, 1, 2] },
    { overflow: "dropOldest", kept: [0, 4, 5] }
  ] as const
  it.live.each(byteOverflows)(
    "is what is more than maxPendingBytes, by $overflow",
    ({ kept, overflow }) =>
      Effect.gen(function*() {
        const { promise: areCounted, resolve } = Promise.withResolvers<void>()
        let count = 0
        const { endpoint, tracker } = yield* openTracker({
          overflow,
          maxPendingBytes: 35_000,
          batchSize: 1,
          concurrency: 1,
          onLoss: (loss) => {
            count += loss.count
            if (count === 3) resolve()
          }
        })
        const gate = held()
        endpoint.answer(gate.answer)
        const events = (yield* jobEvents(6)).map((event) => ({ ...event, jobName: "x".repeat(10_000) }))
        yield* emitAll(tracker, events.slice(0, 1))
        yield* endpoint.awaitRequests(1)
        yield* emitAll(tracker, events.slice(1))
        yield* Effect.promise(() => areCounted)
        gate.open()
        yield* tracker.flush()
        assert.deepStrictEqual(idsOf(endpoint.stored()), kept.map((index) => events[index]?.eventId))
        assert.deepStrictEqual((yield* balanced(tracker)).lost, { overflow: 3 })
      }).pipe(Effect.scoped)
  )

  it.live("is told to the server in every later batch, as totals under one tracker id", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 1 })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const poisoned = { ...event, input: 1n }
      const lostIn = () => {
        const body = endpoint.requests().at(-1)?.body
        return typeof body === "object" && body !== null && "lost" in body ? body.lost : undefined
      }
      const round = Effect.gen(function*() {
        yield* tracker.emit(event)
        yield* tracker.flush()
        return lostIn()
      })
      assert.isUndefined(yield* round)
      yield* tracker.emit(poisoned)
      const first = yield* round
      yield* tracker.emit(poisoned)
      const second = yield* round
      assert.deepNestedInclude(first, { serviceKey: "core", counts: { unencodable: 1 } })
      assert.deepNestedInclude(second, { serviceKey: "core", counts: { unencodable: 2 } })
      const trackers = [first, second].map((lost) =>
        typeof lost === "object" && lost !== null && "tracker" in lost ? lost.tracker : undefined
      )
      assert.match(String(trackers[0]), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
      assert.strictEqual(trackers[1], trackers[0])
    }).pipe(Effect.scoped))

  it.live.each(
    [[401, "API key"], [403, "scope"], [404, "/v1/events"]] as const
  )("with status %d is said in the log once, with what to check", ([code, hint]) =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker } = yield* openTracker({ batchSize: 1, onLoss: () => undefined })
      endpoint.answer(() => status(code))
      yield* Effect.flatMap(jobEvents(4), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* endpoint.awaitRequests(4)
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { refused: 4 })
      assert.lengthOf(logged, 1)
      assert.include(logged[0], endpoint.url)
      assert.include(logged[0], String(code))
      assert.include(logged[0], hint)
    }).pipe(Effect.scoped))

  it.live("is warned of when nobody listens, and goes on when the listener throws", () =>
    Effect.gen(function*() {
      const [event, sound] = yield* jobEvents(2)
      assert.isDefined(event)
      assert.isDefined(sound)
      for (
        const [listener, expected] of [[undefined, "1 tracking event is lost"], [breaking, "listener broke"]] as const
      ) {
        const { endpoint, logged, tracker } = yield* openTracker({ onLoss: listener })
        const poisoned: BaseTrackingEvent & { readonly input: bigint } = { ...event, input: 1n }
        yield* tracker.emit(poisoned)
        yield* tracker.emit(sound)
        yield* tracker.flush()
        assert.lengthOf(endpoint.stored(), 1)
        assert.lengthOf(logged, 1)
        assert.include(logged[0], expected)
      }
    }).pipe(Effect.scoped))
})
