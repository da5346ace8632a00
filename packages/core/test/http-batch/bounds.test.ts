import { hold, startEndpoint, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Metric, Scope, Tracer } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { BodyPool } from "../../src/http-batch/BodyPool.ts"
import { JsonQueue } from "../../src/http-batch/JsonQueue.ts"
import { createHttpBatchTracker } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, configFor, emitAll, openTracker } from "./openTracker.ts"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** Bytes of all buffers that somebody still has. */
const bytesOfBuffers = () => {
  collectGarbage()
  collectGarbage() // which waits until what the first found is freed
  return process.memoryUsage().arrayBuffers
}

const withText = (text: string) => <E extends object>(event: E) => ({ ...event, jobName: text })

describe("the bounds of HttpBatch", () => {
  const presses = [
    { bound: "maxPending", options: { maxPending: 50 }, text: "small", waiting: 30, step: 20 },
    { bound: "maxPendingBytes", options: { maxPendingBytes: 100_000 }, text: "x".repeat(3000), waiting: 14, step: 10 }
  ]
  it.live.each(presses)(
    "let a batch go before it is full rather than lose by $bound",
    ({ options, step, text, waiting }) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ ...options, flushInterval: "1 hour" })
        const events = (yield* jobEvents(200)).map(withText(text))
        for (let next = 0; next < events.length; next += step) {
          yield* emitAll(tracker, events.slice(next, next + step))
          yield* Effect.repeat(tracker.pending(), { until: (pending) => pending <= waiting })
        }
        yield* tracker.flush()
        yield* assertStoredOnce(endpoint, events)
        assert.deepInclude(yield* balanced(tracker), { delivered: 200, lost: {} })
      })
  )

  it.live("give up the oldest events only where that makes room", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        overflow: "dropOldest",
        maxPendingBytes: 100_000,
        batchSize: 1,
        concurrency: 1,
        onLoss: () => undefined
      })
      yield* endpoint.answerNext(hold(store))
      const [first, large, ...small] = yield* jobEvents(11)
      assert.isDefined(first)
      assert.isDefined(large)
      yield* tracker.emit(withText("x".repeat(60_000))(first))
      yield* endpoint.awaitRequests(1)
      yield* emitAll(tracker, small)
      yield* tracker.emit(withText("x".repeat(50_000))(large))
      yield* endpoint.release()
      yield* tracker.flush()
      assert.deepInclude(yield* balanced(tracker), { delivered: 10, lost: { overflow: 1 } })
    }))

  it("hold about as much memory as they say, whatever the size of events", () => {
    const tail = new TextEncoder().encode("}")
    const mixtures = [[400], [11_000], [16_300], [21_700], [66_000, 100], [21_900, 17_000], [100, 4000, 12_200]]
    for (const lengths of mixtures) {
      const queue = new JsonQueue(new BodyPool())
      const before = bytesOfBuffers()
      let written = 0
      while (written < 8_000_000) {
        for (const length of lengths) written += queue.write(`{"text":"${"x".repeat(length)}"}`, tail)
      }
      const held = bytesOfBuffers() - before
      assert.isBelow(held / written, 1.4, lengths.join())
      queue.take(written)
    }
  })
})

describe("the log of HttpBatch", () => {
  it.live("says at the latest on closing how many events were lost in all, where and what to check", () =>
    Effect.gen(function*() {
      const { close, endpoint, logged, tracker } = yield* openTracker({ concurrency: 1 })
      yield* endpoint.answer({ otherwise: status(400, {}, "no tracker here") })
      yield* Effect.flatMap(jobEvents(20), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* close
      const counts = logged.map((line) => /^(\d+) tracking events? (?:is|are) lost \(rejected\)/.exec(line)?.[1])
      assert.strictEqual(counts.reduce((sum, count) => sum + Number(count), 0), 20)
      assert.isAtMost(logged.length, 2)
      assert.include(logged[0], endpoint.url)
      assert.include(logged[0], "status 400: no tracker here")
      assert.include(logged[0], "TRACKER_ENDPOINT")
    }))
})

describe("what HttpBatch remembers", () => {
  it.live("is each burst's own trace context, until its batch goes", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 1, flushInterval: 0 })
      yield* endpoint.answerNext(hold(store))
      const events = yield* jobEvents(4)
      const spans = ["a", "b", "c", undefined]
      for (const [index, event] of events.entries()) {
        const span = spans[index]
        const emit = tracker.emit(event)
        yield* span === undefined ? emit : Effect.withParentSpan(
          emit,
          Tracer.externalSpan({ traceId: span.repeat(32), spanId: span.repeat(16), sampled: true })
        )
        // Until it is encoded and the next emit begins a burst of its own.
        yield* Effect.repeat(Effect.yieldNow, { times: 3 })
      }
      yield* endpoint.awaitRequests(1)
      yield* endpoint.release()
      yield* tracker.flush()
      const traceIds = (yield* endpoint.requests()).map(({ headers }) => String(headers["traceparent"]).slice(3, 4))
      assert.deepStrictEqual(traceIds, ["a", "b", "c", "e"]) // of "undefined"
    }))

  it.live("is what a closed tracker of its name has counted", () =>
    Effect.gen(function*() {
      const emitted = Effect.map(Effect.context(), (context) => {
        const series = Metric.snapshotUnsafe(context).find(({ id }) => id === "durable_effect.tracker.event.emitted")
        return series !== undefined && "count" in series.state ? Number(series.state.count) : undefined
      })
      const endpoint = yield* startEndpoint()
      for (const expected of [2, 4, 6]) {
        const scope = yield* Scope.make()
        const tracker = yield* Scope.provide(createHttpBatchTracker(configFor(endpoint)), scope)
        yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
        assert.strictEqual(yield* emitted, expected)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* emitted, expected)
      }
    }).pipe(Effect.provideContext(Context.make(Metric.MetricRegistry, new Map()))))
})
