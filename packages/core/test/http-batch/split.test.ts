import { hold, problem, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { TrackerLoss } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, emitAll, idsOf, openTracker, sizesOf, transports } from "./openTracker.ts"

const answers = [
  ["status 400", status(400)],
  ["status 400 as a problem", problem(400)],
  ["status 413", status(413)],
  ["status 422", status(422)],
  ["status 422 as a problem", problem(422)]
] as const

describe.each(transports)("HttpBatch on $name at an endpoint that does not take a batch", ({ transport }) => {
  it.live.each(answers)("loses exactly the events at fault after %s", ([, answer]) =>
    Effect.gen(function*() {
      const losses: Array<TrackerLoss> = []
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 30,
        onLoss: (loss) => losses.push(loss)
      })
      const events = yield* jobEvents(90)
      const faulty = [0, 17, 18, 89].map((index) => events[index]?.eventId ?? "")
      yield* endpoint.answer({ poisoned: { ids: faulty, answer } })
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events.filter(({ eventId }) => !faulty.includes(eventId)))
      const stats = yield* balanced(tracker)
      assert.deepInclude(stats, { delivered: 86, lost: { rejected: 4 } })
      assert.isAbove(stats.splits, 0)
      assert.sameMembers(losses.flatMap((loss) => loss.eventIds), faulty)
    }))

  it.live("loses exactly what is too large for the endpoint", () =>
    Effect.gen(function*() {
      const losses: Array<TrackerLoss> = []
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: (loss) => losses.push(loss) })
      yield* endpoint.answer({ maxBytes: 4000 })
      const events = yield* jobEvents(40)
      const large = [3, 4, 31]
      yield* emitAll(
        tracker,
        events.map((event, index) => large.includes(index) ? { ...event, jobName: "x".repeat(5000) } : event)
      )
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events.filter((_, index) => !large.includes(index)))
      assert.deepInclude(yield* balanced(tracker), { delivered: 37, lost: { rejected: 3 } })
      assert.sameMembers(losses.flatMap((loss) => loss.eventIds), large.map((index) => events[index]?.eventId))
    }))

  it.live("cuts later batches to a size that was not refused before it sends them", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 40, concurrency: 1 })
      yield* endpoint.answer({ maxBytes: 8000 })
      const events = yield* jobEvents(80)
      yield* emitAll(tracker, events.slice(0, 40))
      yield* tracker.flush()
      const first = yield* endpoint.requests()
      const { splits } = yield* balanced(tracker)
      yield* emitAll(tracker, events.slice(40))
      yield* tracker.flush()
      const second = (yield* endpoint.requests()).slice(first.length)
      assert.isAbove(Math.max(...first.map(({ bytes }) => bytes)), 8000)
      assert.isAtMost(Math.max(...second.map(({ bytes }) => bytes)), 8000)
      assert.isAtLeast(second.length, 2)
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf(events))
      assert.deepInclude(yield* balanced(tracker), { delivered: 80, splits, lost: {} })
    }))

  it.live("learns nothing of sizes from an event at fault", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 20, concurrency: 1 })
      yield* endpoint.answerNext(status(400), store, store, status(422), store, store)
      const events = yield* jobEvents(60)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [20, 10, 10, 20, 10, 10, 20])
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("sends each half as often as any batch", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        concurrency: 1,
        retry: { attempts: 2, base: 1, max: 2 }
      })
      yield* endpoint.answerNext(status(503), status(400), status(503), store, status(503), store)
      const events = yield* jobEvents(2)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 2, retries: 3, splits: 1, lost: {} })
    }))

  it.live("takes a refusal for a sign of life: the halves go at once and side by side", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, concurrency: 2 })
      yield* endpoint.answerNext(status(503), status(400), hold(store), hold(store))
      const events = yield* jobEvents(2)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(4)
      yield* endpoint.release()
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("cuts a batch that waits to be sent again when its size is refused meanwhile", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 20, concurrency: 2 })
      yield* endpoint.answerNext({ kind: "hold", answer: status(503) }, { kind: "hold", answer: status(413) })
      const events = yield* jobEvents(40)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(2)
      yield* endpoint.release()
      yield* tracker.flush()
      const later = (yield* endpoint.requests()).slice(2)
      assert.isAtMost(Math.max(...later.map(({ events }) => events.length)), 10)
      yield* assertStoredOnce(endpoint, events)
    }))
})
