import { hold, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, idsOf, openTracker, transports } from "./openTracker.ts"

describe.each(transports)("what HttpBatch on $name cannot hold", ({ transport }) => {
  const overflows = [
    { overflow: "dropNewest", kept: [0, 1, 2, 3, 4] },
    { overflow: "dropOldest", kept: [0, 5, 6, 7, 8] }
  ] as const
  it.live.each(overflows)(
    "is what is more than maxPending, by $overflow",
    ({ kept, overflow }) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({
          transport,
          overflow,
          maxPending: 5,
          batchSize: 1,
          concurrency: 1
        })
        yield* endpoint.answerNext(hold(store))
        const events = yield* jobEvents(9)
        yield* emitAll(tracker, events.slice(0, 1))
        yield* endpoint.awaitRequests(1)
        yield* emitAll(tracker, events.slice(1))
        assert.strictEqual((yield* balanced(tracker)).pending, 5)
        yield* endpoint.release()
        yield* tracker.flush()
        assert.deepStrictEqual(idsOf(yield* endpoint.stored()), kept.map((index) => events[index]?.eventId))
        assert.deepStrictEqual((yield* balanced(tracker)).lost, { overflow: 4 })
      })
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
          transport,
          overflow,
          maxPendingBytes: 35_000,
          batchSize: 1,
          concurrency: 1,
          onLoss: (loss) => {
            count += loss.count
            if (count === 3) resolve()
          }
        })
        yield* endpoint.answerNext(hold(store))
        const events = (yield* jobEvents(6)).map((event) => ({ ...event, jobName: "x".repeat(10_000) }))
        yield* emitAll(tracker, events.slice(0, 1))
        yield* endpoint.awaitRequests(1)
        yield* emitAll(tracker, events.slice(1))
        yield* Effect.promise(() => areCounted)
        yield* endpoint.release()
        yield* tracker.flush()
        assert.deepStrictEqual(idsOf(yield* endpoint.stored()), kept.map((index) => events[index]?.eventId))
        assert.deepStrictEqual((yield* balanced(tracker)).lost, { overflow: 3 })
      })
  )
})
