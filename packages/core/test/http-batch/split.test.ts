import { status } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { TrackerLoss } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, idsOf, openTracker } from "./openTracker.ts"

describe("HttpBatch at an endpoint that does not take a batch", () => {
  it.live.each([400, 413, 422])("loses exactly the events at fault after status %d", (code) =>
    Effect.gen(function*() {
      const losses: Array<TrackerLoss> = []
      const { endpoint, tracker } = yield* openTracker({ onLoss: (loss) => losses.push(loss) })
      const events = yield* jobEvents(50)
      const poisoned = new Set([events[0], events[17], events[49]].map((event) => event?.eventId))
      endpoint.answer((request) =>
        request.events.some(({ eventId }) => poisoned.has(eventId)) ? status(code) : { kind: "store" }
      )
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      const sound = events.filter(({ eventId }) => !poisoned.has(eventId))
      assert.sameMembers([...idsOf(endpoint.stored())], [...idsOf(sound)])
      const stats = yield* balanced(tracker)
      assert.deepStrictEqual(stats.lost, { rejected: 3 })
      assert.isAbove(stats.splits, 0)
      assert.sameMembers(losses.flatMap((loss) => loss.eventIds), [...poisoned])
    }).pipe(Effect.scoped))

  it.live("cuts later batches to a size that was not refused before it sends them", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 40, concurrency: 1 })
      const limit = 8000
      endpoint.answer((request) => request.bytes > limit ? status(413) : { kind: "store" })
      yield* Effect.flatMap(jobEvents(40), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      const seen = endpoint.requests().length
      yield* Effect.flatMap(jobEvents(40), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.isAbove(endpoint.requests()[0]?.bytes ?? 0, limit)
      assert.isAtMost(Math.max(...endpoint.requests().slice(seen).map(({ bytes }) => bytes)), limit)
      assert.strictEqual((yield* balanced(tracker)).delivered, 80)
    }).pipe(Effect.scoped))

  it.live("reads the verdict on each event: what may be taken later is sent again, the rest is lost", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker()
      endpoint.answerNext({
        kind: "store",
        reject: [
          { index: 1, code: "invalid_payload", detail: "attempt is no number", retryable: false },
          { index: 3, code: "store_busy", detail: "try again", retryable: true }
        ]
      })
      const events = yield* jobEvents(5)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(endpoint.requests().map((request) => request.events.length), [5, 1])
      assert.sameMembers([...idsOf(endpoint.stored())], [...idsOf(events.filter((_, index) => index !== 1))])
      const stats = yield* balanced(tracker)
      assert.deepStrictEqual(stats.lost, { rejected: 1 })
      assert.strictEqual(stats.retries, 1)
    }).pipe(Effect.scoped))
})
