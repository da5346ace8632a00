import { assert, describe } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { decode } from "../../src/ingest/decode.ts"
import { ingest as ingestBody } from "../../src/ingest/ingest.ts"
import { askedAt, envelope, onEachStore, plan, task, tell, tenant, time, timeline } from "../projection/stores.ts"
import { ingest } from "../support/ingest.ts"

const progress = (id: string, progress: number, attributes: object = {}) =>
  envelope("task.progress", time(0), { task_id: "t", plan_id: "p", state: "running", progress }, { id, ...attributes })

const kept = { code: "id_conflict" as const, eventId: "e", retryable: false, saysWhy: true }

describe("ingest", () => {
  onEachStore("stores an event once, however often it comes", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* tell(progress("e", 0.5)), { accepted: 1, duplicates: 0, rejected: [] })
      assert.deepStrictEqual(yield* tell(progress("e", 0.5), progress("f", 0.6)), {
        accepted: 1,
        duplicates: 1,
        rejected: []
      })
      assert.deepStrictEqual(yield* tell(progress("g", 0.7), progress("g", 0.7), progress("e", 0.5)), {
        accepted: 1,
        duplicates: 2,
        rejected: []
      })
    }))

  onEachStore(
    "counts events as received when they arrived, however late their turn to be decoded comes",
    () =>
      Effect.gen(function*() {
        const content = Effect.sync(() => ({ decoded: [decode(progress("e", 0.5))], lost: null }))
        const waiting = yield* Effect.forkChild(
          ingestBody(tenant, { bytes: 1, decode: Effect.delay(content, "5 seconds") }, {}),
          { startImmediately: true }
        )
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(waiting)).accepted, 1)
        const [event] = yield* timeline("p")
        assert.strictEqual(Date.parse(event?.received_at ?? ""), Date.parse(askedAt))
      })
  )

  onEachStore("knows an event again by another door's names and origin", () =>
    Effect.gen(function*() {
      yield* tell(progress("e", 0.5))
      const { id, time: at, ...rest } = progress("e", 0.5, { env: "test", serviceKey: "other", specversion: "1.0" })
      assert.strictEqual((yield* tell({ ...rest, eventId: id, timestamp: at })).duplicates, 1)
    }))

  onEachStore("keeps the first of two bodies with one id, across batches and within one", () =>
    Effect.gen(function*() {
      yield* tell(progress("e", 0.5))
      const answer = yield* tell(progress("e", 0.9), progress("f", 0.6), progress("f", 0.7))
      assert.deepStrictEqual([answer.accepted, answer.duplicates], [1, 0])
      assert.deepStrictEqual(answer.rejected.map(({ detail, ...rest }) => ({ ...rest, saysWhy: detail.length > 0 })), [
        { ...kept, index: 0 },
        { ...kept, index: 2, eventId: "f" }
      ])
      assert.strictEqual((yield* task("p", "t"))?.progress, 0.6)
    }))

  onEachStore("never lets a bad event take another down", () =>
    Effect.gen(function*() {
      const answer = yield* tell(progress("e", 0.5), { id: 7, topic: "x" }, progress("f", 0.6), 12, progress("g", 3))
      assert.deepStrictEqual([answer.accepted, answer.duplicates], [2, 0])
      assert.deepStrictEqual(
        answer.rejected.map(({ code, eventId, index }) => [index, eventId, code]),
        [[1, null, "invalid_id"], [3, null, "not_an_object"], [4, "g", "invalid_payload"]]
      )
    }))

  onEachStore(
    "answers an empty batch",
    () => Effect.map(tell(), (answer) => assert.deepStrictEqual(answer, { accepted: 0, duplicates: 0, rejected: [] }))
  )

  onEachStore("keeps tenants apart, the same ids in both", () =>
    Effect.gen(function*() {
      yield* tell(progress("e", 0.5))
      assert.strictEqual((yield* ingest("other", [progress("e", 0.9)])).accepted, 1)
      assert.strictEqual((yield* task("p", "t"))?.progress, 0.5)
    }))

  onEachStore("takes every character that JSON can carry", () =>
    Effect.gen(function*() {
      const id = "a/b ?#%2F'\"\\;--\u{1F600}\u007f"
      const odd = { "": [1e308, -0, 5e-324, true, null], "\u{1F600}": "\0\ud800", deep: { __proto__: null, a: [[]] } }
      assert.strictEqual(
        (yield* tell(envelope("plan.started", time(0), { plan_id: id, odd }, { id: `${id}e` }))).accepted,
        1
      )
      assert.strictEqual((yield* plan(id)).plan_id, id)
    }))
})
