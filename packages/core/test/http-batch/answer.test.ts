import { type Rejected, status } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { answerBytesFor, verdictsOf } from "../../src/http-batch/answer.ts"
import { Exchange } from "../../src/http-batch/Exchange.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, openTracker, transports } from "./openTracker.ts"

const answering = (...rejected: ReadonlyArray<unknown>) => JSON.stringify({ accepted: 0, duplicates: 2, rejected })

const odd: ReadonlyArray<readonly [string, unknown]> = [
  ["has no index", { code: "bad" }],
  ["has its index as a text", { index: "1" }],
  ["has an index with a fraction", { index: 1.5 }],
  ["has an index below the batch", { index: -1 }],
  ["has an index beyond the batch", { index: 5 }],
  ["is null", null],
  ["is a text", "event 1"]
]

describe("the verdicts in an answer", () => {
  it("need no more than an integer index each", () => {
    const text = answering(
      { index: 0, code: null, detail: null, retryable: null, eventId: 7, more: [] },
      { index: 2 },
      { index: 3, code: "store_busy", detail: "try again", retryable: true },
      { index: 4, code: 17, detail: { why: "x" }, retryable: "yes" }
    )
    assert.deepStrictEqual(verdictsOf(text, 5), {
      duplicates: 2,
      rejected: new Map([
        [0, { detail: "rejected", retryable: false }],
        [2, { detail: "rejected", retryable: false }],
        [3, { detail: "store_busy: try again", retryable: true }],
        [4, { detail: "rejected", retryable: false }]
      ])
    })
  })

  it.each(odd)("hold although one entry %s, which is told", (_, entry) => {
    const { rejected, unread } = verdictsOf(answering({ index: 1, code: "bad" }, entry), 5)
    assert.deepStrictEqual([...rejected], [[1, { detail: "bad", retryable: false }]])
    assert.include(unread, "1 of 2 entries of `rejected`")
    assert.include(unread, JSON.stringify(entry))
  })

  it.each(["[]", "\"stored\"", "null", `{"rejected":{"index":1}}`, `{"rejected":null}`])(
    "are missed in %s, which is told",
    (text) => {
      const { rejected, unread } = verdictsOf(text, 5)
      assert.strictEqual(rejected.size, 0)
      assert.include(unread, "`rejected`")
    }
  )

  it.each(["", "OK", "<p>Thanks!</p>", "{}", `{"ok":true}`, `{"duplicates":null}`, answering()])(
    "are not missed in %j",
    (text) => {
      assert.notProperty(verdictsOf(text, 5), "unread")
    }
  )

  it("are told to be missing where the answer was cut off", () => {
    assert.include(verdictsOf(answering({ index: 1 }).slice(0, -3), 5).unread, "does not end within the 5")
  })

  it("have room in the answer, however many there are", () => {
    assert.deepStrictEqual([1, 1024, 10_000].map(answerBytesFor), [1_048_576, 1_048_576, 10_240_000])
  })

  it("that are missed are told of with the batch's result", () => {
    const exchange = new Exchange(3, (onHead) =>
      Effect.sync(() => {
        onHead({ status: 200, retryAfter: undefined })
        return "[]"
      }))
    const result = exchange.result(Effect.runSyncExit(exchange.run), 0)
    assert.deepInclude(result, { kind: "Acknowledged", unread: "[] has no list `rejected`" })
    assert.notProperty(exchange.result(Exit.succeed("{}"), 0), "unread")
  })
})

describe.each(transports)("an answer to HttpBatch on $name", ({ transport }) => {
  it.live("is read whole, also when it rejects each event of a large batch", () =>
    Effect.gen(function*() {
      const count = 8000
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: count,
        maxBatchBytes: 16_777_216,
        onLoss: () => undefined
      })
      const events = yield* jobEvents(count)
      const reject = events.map(({ eventId }, index): Rejected => ({
        index,
        eventId,
        code: "invalid_payload",
        detail: "attempt is no number; ".repeat(10),
        retryable: false
      }))
      yield* endpoint.answer({ otherwise: { kind: "store", reject } })
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepInclude(yield* balanced(tracker), { delivered: 0, lost: { rejected: count } })
    }))

  it.live("that is not understood is told of in the log, and has taken the events", () =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker, warning } = yield* openTracker({ transport })
      yield* endpoint.answerNext(status(200, {}, "[]"))
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* warning
      assert.strictEqual(
        logged[0],
        `${endpoint.url} took events, but of its answer [] has no list \`rejected\`: some may be rejected.`
      )
      assert.deepInclude(yield* balanced(tracker), { delivered: 2, lost: {} })
    }))

  it.live("is read no further than that", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      const text = `{"padding":"${" ".repeat(2_000_000)}","rejected":[{"index":0}]}`
      yield* endpoint.answerNext(status(200, {}, text))
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.deepInclude(yield* balanced(tracker), { delivered: 1, lost: {} })
    }))
})
