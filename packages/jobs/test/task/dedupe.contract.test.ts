import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd } from "../support/taskDefinitions.ts"

const id = "a"
const event = { add: 2 }

describe.each(storages)("dedupe keys of a task on $name", ({ open }) => {
  it.effect("a repeated send is answered as the first was, and does nothing", () =>
    Effect.gen(function*() {
      const { events, state, task } = yield* playTask(open, adding())
      const first = yield* task.send({ id, event, dedupeKey: "k" })
      const told = yield* events
      assert.deepStrictEqual(yield* task.send({ id, event, dedupeKey: "k" }), first)
      assert.deepInclude(first, { created: true })
      assert.lengthOf(yield* events, told.length)
      assert.deepStrictEqual(yield* state, { n: 2 })
      const conflict = yield* Effect.flip(task.send({ id, event: { add: 3 }, dedupeKey: "k" }))
      assert.deepInclude(conflict, { _tag: "DedupeConflict", action: "send" })
    }))

  it.effect("a send that went behind a retry is not taken twice", () =>
    Effect.gen(function*() {
      const { settled, state, task } = yield* playTask(open, failingToAdd(1))
      yield* task.send({ id, event: { add: 1 } })
      const first = yield* task.send({ id, event, dedupeKey: "k" })
      assert.deepStrictEqual(yield* task.send({ id, event, dedupeKey: "k" }), first)
      yield* TestClock.adjust("1 second")
      yield* settled
      assert.deepStrictEqual(yield* task.send({ id, event, dedupeKey: "k" }), first)
      assert.deepStrictEqual(yield* state, { n: 3 })
    }))

  it.effect("a repeat beside the first waits for its answer", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const { state, task } = yield* playTask(
        open,
        adding({ onEvent: ({ add }, ctx) => Effect.andThen(Deferred.await(go), ctx.setState({ n: add })) })
      )
      const calls = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 5 }, () => task.send({ id, event, dedupeKey: "k" })), {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      yield* Deferred.succeed(go, undefined)
      assert.isTrue((yield* Fiber.join(calls)).every(({ created }) => created))
      assert.deepStrictEqual(yield* state, { n: 2 })
      assert.deepInclude(yield* task.status({ id }), { eventCount: 1 })
    }))

  it.effect("a failed send is answered again as it was; a refused one may be mended", () =>
    Effect.gen(function*() {
      const { task } = yield* playTask(open, failingToAdd(1, { retry: { maxAttempts: 1, delay: 0 } }))
      const refused = yield* Effect.flip(task.send({ id, event: { add: 0.5 }, dedupeKey: "k" }))
      assert.strictEqual(refused._tag, "InvalidInput")
      const send = Effect.flip(task.send({ id, event, dedupeKey: "k" }))
      const first = yield* send
      assert.strictEqual(first._tag, "ExecutionFailed")
      assert.strictEqual((yield* send).message, first.message)
    }))

  it.effect("triggers, retries and the ends of an instance take them as well", () =>
    Effect.gen(function*() {
      const { task } = yield* playTask(open, adding({ execute: () => Effect.void }))
      yield* task.send({ id, event })
      for (let time = 0; time < 2; time++) {
        assert.deepInclude(yield* task.trigger({ id, dedupeKey: "k" }), { triggered: true })
        assert.deepInclude(yield* task.retry({ id, dedupeKey: "k" }), { retried: false })
        assert.deepInclude(yield* task.discard({ id, dedupeKey: "k" }), { discarded: false })
      }
      assert.deepInclude(yield* task.status({ id }), { executeCount: 1 })
      assert.deepStrictEqual(yield* task.terminate({ id, dedupeKey: "k" }), { terminated: true })
      assert.deepStrictEqual(yield* task.terminate({ id, dedupeKey: "k" }), { terminated: true })
      assert.deepStrictEqual(yield* task.terminate({ id }), { terminated: false })
    }))
})
