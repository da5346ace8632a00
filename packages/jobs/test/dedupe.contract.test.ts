import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, JobsHost } from "../src/index.ts"
import { counting, failing } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }

describe.each(storages)("dedupe keys on $name", ({ open }) => {
  it.effect("a repeat is answered as the first call was, and does nothing", () =>
    Effect.gen(function*() {
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
      const job = runtime.client.continuous("job")
      const first = yield* job.start({ id, input, dedupeKey: "k" })
      assert.deepStrictEqual(first, { instanceId: "continuous:job:a", created: true, status: "running" })
      assert.deepStrictEqual(yield* job.start({ id, input, dedupeKey: "k" }), first)
      const triggered = yield* job.trigger({ id, dedupeKey: "k" })
      assert.deepStrictEqual(yield* job.trigger({ id, dedupeKey: "k" }), triggered)
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
      const before = yield* runtime.events
      yield* job.trigger({ id, dedupeKey: "k" })
      assert.lengthOf(yield* runtime.events, before.length)
    }))

  it.effect("a key may be any text", () =>
    Effect.gen(function*() {
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
      const job = runtime.client.continuous("job")
      yield* job.start({ id, input })
      for (const dedupeKey of ["👍", "👍🏿", "k\u{10FFFF}", "k\uD7FF", "k\uFFFF"]) {
        const before = yield* job.getState({ id })
        yield* job.trigger({ id, dedupeKey })
        yield* job.trigger({ id, dedupeKey })
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: (before?.state?.n ?? 0) + 1 } }, dedupeKey)
      }
    }))

  it.effect("a key belongs to its instance and method, and to the body", () =>
    Effect.gen(function*() {
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
      const job = runtime.client.continuous("job")
      yield* job.start({ id, input, dedupeKey: "k" })
      assert.deepInclude(yield* job.start({ id: "b", input, dedupeKey: "k" }), { created: true })
      assert.deepInclude(yield* job.trigger({ id, dedupeKey: "k" }), { triggered: true })
      const conflict = yield* Effect.flip(job.start({ id, input: { n: 1 }, dedupeKey: "k" }))
      assert.deepInclude(conflict, {
        _tag: "DedupeConflict",
        instanceId: "continuous:job:a",
        action: "start",
        dedupeKey: "k"
      })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
    }))

  it.effect("outlive the incarnation, a runtime and a restart, for 24 hours", () =>
    Effect.gen(function*() {
      const host = yield* open
      const registry = createJobRegistry({ job: counting({ startImmediately: false }) })
      const before = yield* openRuntime(registry, host)
      const job = before.client.continuous("job")
      yield* job.start({ id, input, dedupeKey: "k" })
      assert.deepStrictEqual(yield* job.terminate({ id, dedupeKey: "t" }), { terminated: true })
      yield* before.close

      const after = (yield* openRuntime(registry, host)).client.continuous("job")
      assert.deepInclude(yield* after.start({ id, input, dedupeKey: "k" }), { created: true })
      assert.deepInclude(yield* after.status({ id }), { status: "notFound" })
      assert.deepStrictEqual(yield* after.terminate({ id, dedupeKey: "t" }), { terminated: true })
      yield* TestClock.adjust("24 hours")
      assert.deepStrictEqual(yield* after.terminate({ id, dedupeKey: "t" }), { terminated: false })
      assert.deepInclude(yield* after.start({ id, input, dedupeKey: "k" }), { created: true })
      assert.deepInclude(yield* after.status({ id }), { status: "running" })
    }))

  it.effect("a repeat beside the first call waits for its answer", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const job = counting({
        execute: (ctx) => Effect.andThen(Deferred.await(go), ctx.updateState(({ n }) => ({ n: n + 1 })))
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), yield* open)
      const client = runtime.client.continuous("job")
      const calls = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 5 }, () => client.start({ id, input, dedupeKey: "k" })), {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      yield* Deferred.succeed(go, undefined)
      const answers = yield* Fiber.join(calls)
      assert.deepStrictEqual(answers.map(({ created }) => created), [true, true, true, true, true])
      assert.deepStrictEqual(yield* client.getState({ id }), { state: { n: 1 } })
    }))

  it.effect("a failed run is answered again as it was", () =>
    Effect.gen(function*() {
      const job = failing(1, { retry: { maxAttempts: 1, delay: 0 } })
      const runtime = yield* openRuntime(createJobRegistry({ job }), yield* open)
      const client = runtime.client.continuous("job")
      const start = Effect.flip(client.start({ id, input, dedupeKey: "k" }))
      const first = yield* start
      assert.deepInclude(first, { _tag: "ExecutionFailed", attempts: 1 })
      const again = yield* start
      assert.strictEqual(again.message, first.message)
      assert.deepInclude(yield* client.status({ id }), { status: "notFound" })
      assert.deepInclude(yield* client.start({ id, input, dedupeKey: "another" }), { created: true })
    }))

  it.effect("InvalidInput is not kept: the mended request may have the same key", () =>
    Effect.gen(function*() {
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
      const job = runtime.client.continuous("job")
      const refused = yield* Effect.flip(job.start({ id, input: { n: 0.5 }, dedupeKey: "k" }))
      assert.deepInclude(refused, { _tag: "InvalidInput", field: "input.n" })
      assert.deepInclude(yield* job.start({ id, input, dedupeKey: "k" }), { created: true })
    }))

  it.effect("an empty key, one of more than 255 characters, and one that no storage can keep, are refused", () =>
    Effect.gen(function*() {
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
      const job = runtime.client.continuous("job")
      const unstorable = /must not contain NUL or half a surrogate pair/
      for (
        const [dedupeKey, problem] of [
          ["", /length/],
          ["k".repeat(256), /length/],
          ["\ud83d", unstorable],
          ["\udc4dk", unstorable],
          ["k\0k", unstorable]
        ] as const
      ) {
        const refused = yield* Effect.flip(job.trigger({ id, dedupeKey }))
        assert.deepInclude(refused, { _tag: "InvalidInput", field: "dedupeKey" })
        assert.match(refused.message, problem)
      }
    }))
})

describe("expired dedupe keys", () => {
  it.effect("leave nothing in the storage", () =>
    Effect.gen(function*() {
      const [memory] = storages
      const layer = yield* (memory ?? assert.fail("no storage")).open
      const runtime = yield* openRuntime(createJobRegistry({ job: counting({ startImmediately: false }) }), layer)
      yield* runtime.client.continuous("job").terminate({ id, dedupeKey: "k" })
      const rows = Effect.flatMap(JobsHost, (host) =>
        host.loadEntries("continuous:job:a", { prefix: "dedupe:", limit: 9 })).pipe(Effect.provide(layer))
      assert.lengthOf(yield* rows, 1)
      yield* TestClock.adjust("25 hours")
      assert.lengthOf(yield* rows, 0)
    }))
})
