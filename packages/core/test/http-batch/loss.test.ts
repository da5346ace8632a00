import { status } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit } from "effect"
import type { BaseTrackingEvent, TrackerLoss } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, deliver, emitAll, idsOf, openTracker, transports } from "./openTracker.ts"

const breaking = () => {
  throw new Error("listener broke")
}

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

describe.each(transports)("what HttpBatch on $name loses", ({ transport }) => {
  it.live.each(unencodable)("is an event with %s, alone", ([, poison]) =>
    Effect.gen(function*() {
      const losses: Array<TrackerLoss> = []
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: (loss) => losses.push(loss) })
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
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf([first, third]))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { unencodable: 1 })
      assert.deepStrictEqual(losses.map(({ eventIds, reason }) => [reason, eventIds]), [["unencodable", [
        second.eventId
      ]]])
    }))

  it.live.each(
    [[401, "API key"], [403, "scope"], [404, "is a tracker-server"], [405, "is a tracker-server"]] as const
  )("with status %d is said in the log once, with what to check", ([code, hint]) =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker } = yield* openTracker({ transport, batchSize: 1, onLoss: () => undefined })
      yield* endpoint.answer({ otherwise: status(code) })
      yield* Effect.flatMap(jobEvents(4), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* endpoint.awaitRequests(4)
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { refused: 4 })
      assert.lengthOf(logged, 1)
      assert.include(logged[0], endpoint.url)
      assert.include(logged[0], String(code))
      assert.include(logged[0], hint)
    }))

  it.live.each(
    [[401, "API key"], [403, "scope"], [404, "/v1/events"], [410, "TRACKER_ENDPOINT"]] as const
  )(
    "with status %d is said in one line when nobody listens, with how many and what to check",
    ([code, hint]) =>
      Effect.gen(function*() {
        const { close, endpoint, logged, tracker } = yield* openTracker({ transport })
        yield* endpoint.answer({ otherwise: status(code, {}, "no entry") })
        for (const count of [1, 3]) {
          yield* Effect.flatMap(jobEvents(count), (events) => emitAll(tracker, events))
          yield* tracker.flush()
          assert.lengthOf(logged, 1)
        }
        yield* close
        assert.lengthOf(logged, 2)
        assert.include(logged[0], "1 tracking event is lost (refused)")
        assert.include(logged[1], "3 tracking events are lost (refused)")
        for (const line of logged) {
          assert.include(line, endpoint.url)
          assert.include(line, `status ${code}: no entry`)
          assert.include(line, hint)
        }
      })
  )

  it.live("with status 401 is said in one line for what was emitted and what was handed over", () =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker } = yield* openTracker({ transport })
      yield* endpoint.answer({ otherwise: status(401) })
      const events = yield* jobEvents(2)
      yield* deliver(tracker, events)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { refused: 2 })
      assert.lengthOf(logged, 1)
      assert.include(logged[0], "API key")
    }))

  it.live("is told on a stack of its own, never on the emitter's, with the ids of the first hundred", () =>
    Effect.gen(function*() {
      let isEmitting = false
      const told: Array<unknown> = []
      const reports = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
      const { close, tracker } = yield* openTracker({
        transport,
        maxPending: 1,
        onLoss: ({ count, eventIds, reason }) => {
          const report = reports[told.push({ reason, count, ids: eventIds.length, isEmitting }) - 1]
          if (report !== undefined) Deferred.doneUnsafe(report, Exit.void)
        }
      })
      const events = yield* jobEvents(151)
      for (const report of reports) {
        isEmitting = true
        events.forEach((event) => Effect.runSync(tracker.emit(event)))
        isEmitting = false
        yield* Deferred.await(report)
        yield* close
      }
      assert.deepStrictEqual(told, [
        { reason: "overflow", count: 150, ids: 100, isEmitting: false },
        { reason: "shutdown", count: 151, ids: 100, isEmitting: false }
      ])
    }))

  it.live("is warned of when nobody listens, and goes on when the listener throws", () =>
    Effect.gen(function*() {
      const [event, sound] = yield* jobEvents(2)
      assert.isDefined(event)
      assert.isDefined(sound)
      for (
        const [listener, expected] of [[undefined, "1 tracking event is lost"], [breaking, "listener broke"]] as const
      ) {
        const { endpoint, logged, tracker } = yield* openTracker({ transport, onLoss: listener })
        const poisoned: BaseTrackingEvent & { readonly input: bigint } = { ...event, input: 1n }
        yield* tracker.emit(poisoned)
        yield* tracker.emit(sound)
        yield* tracker.flush()
        assert.lengthOf(yield* endpoint.stored(), 1)
        assert.lengthOf(logged, 1)
        assert.include(logged[0], expected)
      }
    }))
})
