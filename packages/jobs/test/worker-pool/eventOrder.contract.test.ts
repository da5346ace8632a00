import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { storages } from "../support/storages.ts"
import { type Given, openPool, pass, settled } from "./openPool.ts"

const created = ["job.created", "job.started"]
const ran = ["execution.started(item 1)", "execution.succeeded"]
const event = { n: 1 }

const failing: Given = {
  execute: () => Effect.fail(new TypeError("no")),
  retry: { maxAttempts: 2, delay: "1 second" }
}

describe.each(storages)("the order of a pool's events on $name", ({ open }) => {
  const play = Effect.fnUntraced(function*(given: Given = {}) {
    return yield* openPool(yield* open, given)
  })

  it.effect("the first item opens the incarnation, and runs", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play()
      const answer = yield* pool.enqueue({ event, itemId: "a" })
      assert.deepStrictEqual(answer, { itemId: "a", position: 1, created: true })
      yield* settled
      assert.deepStrictEqual(yield* path, [...created, "pool.item.enqueued(a 1)", ...ran])
      const [first, , enqueued, started, succeeded] = yield* events
      assert.deepInclude(first, { instanceId: "workerPool:pool:0", jobType: "workerPool", id: "0" })
      const executionId = `${first?.incarnationId}:ia`
      assert.deepInclude(enqueued, { itemId: "a", priority: 0, depth: 1, executionId })
      assert.notProperty(enqueued, "partitionKey")
      assert.deepInclude(started, {
        executionId,
        runCount: 1,
        attempt: 1,
        isRetry: false,
        trigger: "item",
        handler: "execute",
        parentEventId: enqueued?.eventId ?? ""
      })
      assert.deepInclude(succeeded, { executionId, runCount: 1, attempt: 1, parentEventId: started?.eventId ?? "" })
      assert.notProperty(succeeded, "terminated")
    }))

  it.effect("further items join it", () =>
    Effect.gen(function*() {
      const { path, pool } = yield* play()
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* pool.enqueue({ event, itemId: "b", partitionKey: "p", priority: -3 })
      yield* settled
      assert.deepStrictEqual((yield* path).slice(5), ["pool.item.enqueued(b 1)", ...ran])
    }))

  it.effect("an item that takes its time is told as begun before it ends", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play({ execute: () => Effect.sleep("1 second") })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pass("20 millis")
      assert.deepStrictEqual((yield* path).slice(3), ["execution.started(item 1)"])
      yield* pass("1 second")
      assert.deepStrictEqual((yield* path).slice(3), ran)
      const [started, succeeded] = (yield* events).slice(3)
      assert.strictEqual(started?.timestamp, "1970-01-01T00:00:00.000Z")
      assert.deepInclude(succeeded, { durationMs: 1000, parentEventId: started?.eventId ?? "" })
    }))

  it.effect("a begin that is told with its outcome carries the instant when it was", () =>
    Effect.gen(function*() {
      const { events, pool } = yield* play({ execute: () => Effect.sleep("15 millis") })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pass("15 millis")
      const [started, succeeded] = (yield* events).slice(3)
      assert.deepInclude(started, { type: "execution.started", timestamp: "1970-01-01T00:00:00.000Z" })
      assert.deepInclude(succeeded, { durationMs: 15, timestamp: "1970-01-01T00:00:00.015Z" })
    }))

  it.effect("fail and retry until it is well", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play({
        ...failing,
        execute: (_event, { isRetry }) => isRetry ? Effect.void : Effect.fail(new TypeError("no"))
      })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pass("1 second")
      assert.deepStrictEqual((yield* path).slice(3), [
        "execution.started(item 1)",
        "execution.failed(true)",
        "alarm.scheduled(retry)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(item 2)",
        "execution.succeeded"
      ])
      const all = yield* events
      assert.lengthOf(new Set(all.slice(3).flatMap(({ executionId }) => executionId ?? [])), 1)
      assert.deepInclude(all[6], { attempt: 2, delayMs: 1000, retryAt: "1970-01-01T00:00:01.000Z" })
      assert.deepInclude(all[9], { runCount: 1, attempt: 2, isRetry: true })
    }))

  it.effect("exhausted: the item is a dead letter, and the pool lives on", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play(failing)
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pass("1 second")
      assert.deepStrictEqual((yield* path).slice(7), [
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(item 2)",
        "execution.failed(false)",
        "retry.exhausted(maxAttempts)"
      ])
      assert.deepInclude((yield* events).at(-1), { attempts: 2, totalDurationMs: 1000 })
      yield* pool.enqueue({ event, itemId: "b" })
      assert.strictEqual((yield* path)[12], "pool.item.enqueued(b 1)")
    }))

  it.effect("without a retry policy a failure is a dead letter at once", () =>
    Effect.gen(function*() {
      const { path, pool } = yield* play({ execute: () => Effect.die(new Error("no")) })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      assert.deepStrictEqual((yield* path).slice(3), ["execution.started(item 1)", "execution.failed(false)"])
      assert.deepInclude(yield* pool.status(), { deadLetters: 1, pending: 0 })
    }))

  it.effect("too late for a retry: exhausted by maxDuration", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play({
        ...failing,
        retry: { maxAttempts: 9, delay: "10 seconds", maxDuration: "5 seconds" }
      })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pass("10 seconds")
      assert.deepStrictEqual((yield* path).slice(7), ["alarm.fired(retry)", "retry.exhausted(maxDuration)"])
      assert.deepInclude((yield* events).at(-1), { attempts: 1, totalDurationMs: 10_000 })
      assert.deepInclude((yield* pool.deadLetters()).items[0], { itemId: "a", attempts: 1, failedAt: 10_000 })
    }))

  it.effect("the one alarm is at the earliest retry, and told when it changes", () =>
    Effect.gen(function*() {
      const { path, pool } = yield* play({
        concurrency: 3,
        execute: () => Effect.fail("no"),
        retry: { maxAttempts: 2, delay: { _tag: "Backoff", delayMs: () => waits.shift() ?? 0 } }
      })
      const waits = [3000, 5000, 1000]
      for (const itemId of ["a", "b", "c"]) {
        yield* pool.enqueue({ event, itemId })
        yield* settled
      }
      assert.deepStrictEqual((yield* path).filter((type) => /alarm|scheduled/.test(type)), [
        "alarm.scheduled(retry)",
        "retry.scheduled",
        "retry.scheduled",
        "alarm.scheduled(retry replaces)",
        "retry.scheduled"
      ])
      const before = (yield* path).length
      yield* pass("1 second")
      assert.deepStrictEqual((yield* path).slice(before, before + 3), [
        "alarm.fired(retry)",
        "alarm.scheduled(retry)",
        "retry.attempted"
      ])
      yield* pass("4 seconds")
      assert.deepStrictEqual((yield* path).filter((type) => type === "alarm.fired(retry)").length, 3)
      assert.deepInclude(yield* pool.status(), { pending: 0, deadLetters: 3 })
    }))

  it.effect("ctx.terminate ends the item as succeeded, and nothing else", () =>
    Effect.gen(function*() {
      const { path, pool } = yield* play({ execute: (_event, ctx) => ctx.terminate({ reason: "enough" }) })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      assert.deepStrictEqual((yield* path).slice(3), ["execution.started(item 1)", "execution.succeeded(terminated)"])
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "b" }), { created: true })
      assert.strictEqual((yield* path)[5], "pool.item.enqueued(b 1)")
    }))

  it.effect("pause, resume and cancel", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play()
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      assert.deepStrictEqual(yield* pool.pause(), { paused: true })
      assert.deepStrictEqual(yield* pool.pause(), { paused: true })
      yield* pool.enqueue({ event, itemId: "b" })
      yield* pool.enqueue({ event, itemId: "c" })
      assert.deepStrictEqual(yield* pool.cancel({ itemId: "b" }), { cancelled: true })
      assert.deepStrictEqual(yield* pool.resume(), { resumed: true })
      yield* settled
      assert.deepStrictEqual((yield* path).slice(5), [
        "pool.paused",
        "pool.item.enqueued(b 1)",
        "pool.item.enqueued(c 2)",
        "pool.item.cancelled",
        "pool.resumed",
        ...ran
      ])
      const cancelled = (yield* events)[8]
      assert.deepInclude(cancelled, { itemId: "b", executionId: `${cancelled?.incarnationId}:ib` })
    }))

  it.effect("drain ends the incarnation as completed; the next item opens another", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play()
      yield* pool.enqueue({ event, itemId: "a" })
      assert.deepStrictEqual(yield* pool.drain(), { processed: 1 })
      assert.deepStrictEqual((yield* path).slice(3), [...ran, "pool.drained(1)", "job.completed(drained)"])
      yield* pool.enqueue({ event, itemId: "a" })
      assert.deepStrictEqual((yield* path).slice(7, 10), [...created, "pool.item.enqueued(a 1)"])
      const all = yield* events
      assert.notStrictEqual(all[9]?.incarnationId, all[0]?.incarnationId)
      assert.strictEqual(all[9]?.executionId, `${all[9]?.incarnationId}:ia`)
    }))

  it.effect("terminate says so, also of a retry that waits", () =>
    Effect.gen(function*() {
      const { events, path, pool } = yield* play(failing)
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      assert.deepStrictEqual(yield* pool.terminate({ reason: "stop" }), { terminated: true, reason: "stop" })
      assert.deepStrictEqual((yield* path).slice(7), ["alarm.cancelled(retry)", "job.terminated(client)"])
      assert.deepInclude((yield* events).at(-1), { reason: "stop", runCount: 1 })
    }))

  it.effect("cancelling the retry that the alarm was for", () =>
    Effect.gen(function*() {
      const { path, pool } = yield* play(failing)
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* pass("500 millis")
      yield* pool.enqueue({ event, itemId: "b" })
      yield* settled
      const before = (yield* path).length
      yield* pool.cancel({ itemId: "a" })
      assert.deepStrictEqual((yield* path).slice(before), ["pool.item.cancelled", "alarm.scheduled(retry replaces)"])
      yield* pool.cancel({ itemId: "b" })
      assert.deepStrictEqual((yield* path).slice(before + 2), ["pool.item.cancelled", "alarm.cancelled(retry)"])
    }))

  it.effect("the second life of an id has an execution of its own", () =>
    Effect.gen(function*() {
      const { events, pool } = yield* play()
      for (const _ of [1, 2, 3]) {
        yield* pool.enqueue({ event, itemId: "a" })
        yield* settled
      }
      const ids = (yield* events).flatMap((each) =>
        each.type === "execution.started" ? [`${each.executionId?.split(":")[1]} ${each.runCount}`] : []
      )
      assert.deepStrictEqual(ids, ["ia 1", "ia.2 2", "ia.3 3"])
    }))

  it.effect("events of parallel items interleave without a gap", () =>
    Effect.gen(function*() {
      const { events, pool } = yield* play({
        concurrency: 4,
        execute: ({ n }) => Effect.sleep(n * 10)
      })
      yield* Effect.forEach([5, 1, 4, 2, 3, 1, 2, 3], (n) => pool.enqueue({ event: { n } }), {
        concurrency: "unbounded"
      })
      const drain = yield* Effect.forkChild(pool.drain())
      yield* pass("1 second", 100)
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 8 })
      const all = yield* events
      assert.lengthOf(all.filter(({ type }) => type === "execution.succeeded"), 8)
      for (const { executionId } of all.filter(({ type }) => type === "execution.succeeded")) {
        const ofItem = all.filter((each) => each.executionId === executionId).map(({ type }) => type)
        assert.deepStrictEqual(ofItem, ["pool.item.enqueued", "execution.started", "execution.succeeded"])
      }
    }))
})
