import { comeBack, hold, type RetryAfter, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { jobEvents } from "../fixtures.ts"
import {
  assertStoredOnce,
  balanced,
  emitAll,
  openTracker,
  passTime,
  quiet,
  sizesOf,
  transports,
  until
} from "./openTracker.ts"

const forms: ReadonlyArray<readonly [string, RetryAfter]> = [
  ["seconds", { seconds: 60 }],
  ["an HTTP date", { dateInMs: 60_000 }]
]

// The test's clock is the tracker's, the network is real: what the tracker sends too early arrives within the real time
// that a question to the endpoint takes.
describe.each(transports)("Retry-After for HttpBatch on $name", ({ transport }) => {
  it.effect.each(forms.flatMap(([form, retryAfter]) => [429, 503].map((code) => [form, code, retryAfter] as const)))(
    "in %s with status %d is one gate for all requests, which a success does not open",
    ([, code, retryAfter]) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(yield* TestClock.withLive(Effect.clockWith((clock) => clock.currentTimeMillis)))
        const { endpoint, tracker, warning } = yield* openTracker({
          transport,
          batchSize: 1,
          concurrency: 2,
          flushInterval: 0,
          shutdownTimeout: 0
        })
        yield* endpoint.answerNext(hold(comeBack(code, retryAfter)), hold(store))
        const events = yield* jobEvents(6)
        yield* emitAll(tracker, events.slice(0, 2))
        yield* endpoint.awaitRequests(2)
        yield* endpoint.release()
        yield* warning
        yield* until(tracker, ({ delivered }) => delivered === 1)

        yield* emitAll(tracker, events.slice(2))
        for (let second = 0; second < 59; second++) {
          yield* TestClock.adjust("1 second")
          yield* quiet
          if (second % 10 === 0) assert.deepStrictEqual(yield* sizesOf(endpoint), [1, 1])
        }
        assert.deepStrictEqual(yield* sizesOf(endpoint), [1, 1])
        assert.strictEqual((yield* balanced(tracker)).pending, 5)

        yield* TestClock.adjust("2 seconds")
        yield* passTime(endpoint.awaitStored(6))
        yield* until(tracker, ({ delivered }) => delivered === 6)
        yield* assertStoredOnce(endpoint, events)
      })
  )
})
