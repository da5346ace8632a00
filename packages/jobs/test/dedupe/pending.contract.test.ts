import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { HostUnavailable, JobsHost } from "../../src/index.ts"
import { makeCutOffJobs } from "../support/cutOff.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"
import { until } from "../support/until.ts"

const id = "a"
const dedupeKey = "k"
const input = { n: 0 }
const gracePeriod = 10

describe.each(storages)("a call whose run has begun, on $name", ({ open }) => {
  /** Jobs that hang, and how to go on as they do. */
  const openHanging = Effect.fnUntraced(function*(
    host: Layer.Layer<JobsHost, HostUnavailable>,
    alarmConcurrency = 64
  ) {
    const jobs = makeCutOffJobs()
    jobs.orders.hangs = true
    const runtime = yield* openRuntime(jobs.registry, host, { gracePeriod, alarmConcurrency })
    const hang = <A, E>(call: Effect.Effect<A, E>) =>
      Effect.gen(function*() {
        const from = jobs.begun.length
        const fiber = yield* Effect.forkChild(Effect.exit(call), { startImmediately: true })
        yield* until(Effect.sync(() => jobs.begun.length > from))
        yield* TestClock.adjust("20 millis")
        return fiber
      })
    const cut = Effect.gen(function*() {
      const close = yield* Effect.forkChild(runtime.close, { startImmediately: true })
      yield* TestClock.adjust(gracePeriod)
      yield* Fiber.join(close)
    })
    return { ...jobs, ...runtime, hang, cut }
  })

  it.effect("is a conflict with one of another body", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openHanging(host)
      yield* before.hang(before.client.continuous("count").start({ id, input, dedupeKey }))
      yield* before.cut
      const after = yield* openRuntime(makeCutOffJobs().registry, host, { alarmConcurrency: 0 })
      const start = after.client.continuous("count").start({ id, input: { n: 7 }, dedupeKey })
      assert.deepInclude(yield* Effect.flip(start), { _tag: "DedupeConflict", action: "start", dedupeKey })
    }))

  it.effect("terminated before it ran again, is answered as terminated", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openHanging(host)
      before.orders.hangs = false
      yield* before.client.continuous("count").start({ id, input })
      before.orders.hangs = true
      const trigger = before.client.continuous("count").trigger({ id, dedupeKey })
      yield* before.hang(trigger)
      yield* before.cut
      const jobs = makeCutOffJobs()
      const after = (yield* openRuntime(jobs.registry, host, { alarmConcurrency: 0 })).client.continuous("count")
      assert.deepStrictEqual(yield* after.terminate({ id }), { terminated: true })
      const terminated = { triggered: true, terminated: true, retryScheduled: false }
      assert.deepStrictEqual(yield* after.trigger({ id, dedupeKey }), terminated)
      // The id's next life has nothing to do with it.
      yield* after.start({ id, input })
      assert.deepStrictEqual(yield* after.trigger({ id, dedupeKey }), terminated)
      assert.lengthOf(jobs.begun, 1)
    }))

  it.effect("is answered with others that went on with its attempt, though that is cut off again", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* openHanging(host)
      yield* first.hang(first.client.continuous("count").start({ id, input, dedupeKey }))
      yield* first.cut
      const second = yield* openHanging(host)
      // The alarm has gone on with it.
      yield* until(Effect.sync(() => second.begun.length > 0))
      yield* second.cut
      const third = yield* openHanging(host, 0)
      const trigger = yield* third.hang(third.client.continuous("count").trigger({ id, dedupeKey }))
      yield* third.cut
      assert.isTrue(Exit.isFailure(yield* Fiber.join(trigger)))

      const last = makeCutOffJobs()
      const job = (yield* openRuntime(last.registry, host)).client.continuous("count")
      yield* TestClock.adjust(0)
      assert.deepInclude(yield* job.start({ id, input, dedupeKey }), { created: true })
      assert.deepInclude(yield* job.trigger({ id, dedupeKey }), { triggered: true, terminated: false })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
      assert.strictEqual(new Set([first, second, third, last].flatMap(({ begun }) => begun)).size, 1)
    }))

  it.effect("has its repeat wait, though adds may visit a flush that runs", () =>
    Effect.gen(function*() {
      const { begun, client, hang, orders } = yield* openHanging(yield* open)
      const gatherer = client.debounce("gather")
      yield* gatherer.add({ id, event: 1 })
      const add = gatherer.add({ id, event: 2, dedupeKey })
      const first = yield* hang(add)
      const again = yield* Effect.forkChild(add, { startImmediately: true })
      assert.deepInclude(yield* gatherer.add({ id, event: 3, dedupeKey: "another" }), {
        eventCount: 1,
        status: "flushing"
      })
      assert.isUndefined(again.pollUnsafe())
      orders.hangs = false
      // Ends the handler that hangs, and with it the first call.
      assert.deepStrictEqual(yield* gatherer.terminate({ id }), { terminated: true })
      assert.deepStrictEqual(Exit.succeed(yield* Fiber.join(again)), yield* Fiber.join(first))
      assert.lengthOf(begun, 1)
      assert.deepInclude(yield* gatherer.status({ id }), { status: "notFound" })
    }))

  it.effect("whose outcome the host did not take, is repeated as the same run", () =>
    Effect.gen(function*() {
      const stored = Context.get(yield* Layer.build(yield* open), JobsHost)
      const disk = { isFull: false }
      const host = Layer.succeed(JobsHost, {
        ...stored,
        commit: (commit) =>
          Effect.suspend(() =>
            disk.isFull
              ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
              : stored.commit(commit)
          )
      })
      const jobs = makeCutOffJobs()
      const runtime = yield* openRuntime(jobs.registry, host)
      const task = runtime.client.task("slow")
      const send = task.send({ id, event: 5, dedupeKey })
      const first = yield* Effect.forkChild(Effect.flip(send), { startImmediately: true })
      yield* until(Effect.sync(() => jobs.begun.length > 0))
      yield* TestClock.adjust("20 millis")
      disk.isFull = true
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(first))._tag, "HostUnavailable")
      disk.isFull = false
      const again = yield* Effect.forkChild(send, { startImmediately: true })
      yield* until(Effect.map(TestClock.adjust("1 second"), () => again.pollUnsafe() !== undefined))
      assert.deepInclude(yield* Fiber.join(again), { created: true, status: "idle" })
      assert.deepInclude(yield* send, { created: true, status: "idle" })
      assert.deepStrictEqual(yield* task.getState({ id }), { state: { n: 5 } })
      assert.isAtLeast(jobs.begun.length, 2)
      assert.strictEqual(new Set(jobs.begun).size, 1)
    }))

  it.effect("keeps of a failure what may be stored", () =>
    Effect.gen(function*() {
      const host = Layer.succeed(JobsHost, Context.get(yield* Layer.build(yield* open), JobsHost))
      const jobs = makeCutOffJobs()
      jobs.orders.fails = true
      const runtime = yield* openRuntime(jobs.registry, host, {
        redact: (field, value) => field === "error.stack" ? "hidden" : value
      })
      const start = Effect.flip(runtime.client.continuous("count").start({ id, input, dedupeKey }))
      const first = yield* start
      const again = yield* start
      assert.strictEqual(again.message, first.message)
      assert.deepInclude(again._tag === "ExecutionFailed" ? again.error : {}, { stack: "hidden" })
    }))
})
