import { type Answer, status } from "@durable-effect/test-support"
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

const endings: ReadonlyArray<readonly [string, Answer]> = [
  ["is reset in its middle", { kind: "breakBody" }],
  ["stops in its middle for ever", { kind: "stallBody" }],
  ["takes longer than requestTimeout", { kind: "trickleBody", everyMs: 3_600_000 }],
  ["comes in small pieces", { kind: "trickleBody", everyMs: 2 }]
]

describe.each(transports)("an acknowledgement for HttpBatch on $name", ({ transport }) => {
  it.effect.each(endings)("is the status line, also when the body %s", ([, answer]) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 3,
        requestTimeout: "2 seconds",
        shutdownTimeout: 0
      })
      yield* endpoint.answer({ otherwise: answer })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitStored(3)
      yield* passTime(until(tracker, ({ pending }) => pending === 0))
      assert.deepStrictEqual(yield* sizesOf(endpoint), [3])
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 3, retries: 0, lost: {} })
    }))

  it.live("counts as soon as its body breaks off, not only after requestTimeout", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, requestTimeout: "1 hour" })
      yield* endpoint.answer({ otherwise: { kind: "breakBody" } })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* until(tracker, ({ pending }) => pending === 0)
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live.each([200, 202, 204])("is status %d, whatever the body says", (code) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      yield* endpoint.answerNext(status(code, {}, code === 204 ? "" : "<p>Thanks!</p>"))
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [3])
      assert.deepInclude(yield* balanced(tracker), { delivered: 3, duplicates: 0, lost: {} })
    }))

  it.live("is read event by event: what may be taken later is sent again, the rest is lost", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      yield* endpoint.answerNext({
        kind: "store",
        reject: [
          { index: 1, code: "invalid_payload", detail: "attempt is no number", retryable: false },
          { index: 3, code: "store_busy", detail: "try again", retryable: true }
        ]
      })
      const events = yield* jobEvents(5)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [5, 1])
      yield* assertStoredOnce(endpoint, events.filter((_, index) => index !== 1))
      assert.deepInclude(yield* balanced(tracker), { delivered: 4, retries: 1, lost: { rejected: 1 } })
    }))

  it.effect("is waited for until requestTimeout, after which the batch is sent again", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 5,
        requestTimeout: "2 seconds",
        shutdownTimeout: 0
      })
      yield* endpoint.answerNext({ kind: "hang" }, { kind: "hang" })
      const events = yield* jobEvents(5)
      yield* emitAll(tracker, events)
      yield* passTime(until(tracker, ({ pending }) => pending === 0))
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 5, retries: 2, lost: {} })
      // What was given up is open no longer.
      yield* emitAll(tracker, events)
      yield* passTime(endpoint.awaitRequests(4))
      assert.strictEqual((yield* endpoint.requests())[3]?.open, 1)
      yield* passTime(until(tracker, ({ pending }) => pending === 0))
    }))

  it.effect("that leaves a part for later is followed by a pause", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 2,
        retry: { base: "1 second", jitter: "none" },
        shutdownTimeout: 0
      })
      yield* endpoint.answerNext({ kind: "store", reject: [{ index: 0, code: "busy", detail: "", retryable: true }] })
      const events = yield* jobEvents(2)
      yield* emitAll(tracker, events)
      yield* until(tracker, ({ delivered }) => delivered === 1)
      yield* TestClock.adjust("999 millis")
      yield* quiet
      assert.deepStrictEqual(yield* sizesOf(endpoint), [2])
      yield* passTime(until(tracker, ({ delivered }) => delivered === 2))
      yield* assertStoredOnce(endpoint, events)
    }))
})
