import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, JobsClient, type JobsClientService } from "../src/index.ts"
import { Count, counting, failing } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }

describe.each(storages)("what a continuous job promises on $name", ({ open }) => {
  const openJob = Effect.fnUntraced(function*(definition: ReturnType<typeof counting>) {
    const host = yield* open
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), host)
    return { ...runtime, job: runtime.client.continuous("job"), host }
  })

  it.effect("handlers of one instance never overlap: ten triggers count to ten", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const { job } = yield* openJob(counting({
        startImmediately: false,
        execute: (ctx) =>
          Effect.gen(function*() {
            most = Math.max(most, ++running)
            const { n } = yield* ctx.state
            yield* Effect.yieldNow
            yield* ctx.setState({ n: n + 1 })
            running -= 1
          })
      }))
      yield* job.start({ id, input })
      yield* Effect.forEach(Array.from({ length: 10 }), () => job.trigger({ id }), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 10 } })
      assert.strictEqual(most, 1)
    }))

  it.effect("different instances run beside each other", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { job } = yield* openJob(counting({
        execute: (ctx) => ctx.id === "slow" ? Deferred.await(gate) : Deferred.succeed(gate, undefined)
      }))
      yield* Effect.all([job.start({ id: "slow", input }), job.start({ id: "fast", input })], { concurrency: 2 })
      assert.deepInclude(yield* job.status({ id: "slow" }), { status: "running", runCount: 1, attempt: 0 })
    }))

  it.effect("terminate interrupts a running handler and goes before those who wait", () =>
    Effect.gen(function*() {
      let interrupted = false
      const { events, job } = yield* openJob(counting({
        execute: () =>
          Effect.never.pipe(Effect.onInterrupt(() =>
            Effect.sync(() => {
              interrupted = true
            })
          ))
      }))
      const start = yield* Effect.forkChild(job.start({ id, input }))
      yield* TestClock.adjust("20 millis")
      const waiting = yield* Effect.forkChild(job.trigger({ id }), { startImmediately: true })
      assert.deepStrictEqual(yield* job.terminate({ id, reason: "stop" }), { terminated: true, reason: "stop" })
      assert.isTrue(interrupted)
      assert.deepInclude(yield* Fiber.join(start), { created: true })
      assert.deepStrictEqual(yield* Fiber.join(waiting), { triggered: false, terminated: false, retryScheduled: false })
      assert.deepStrictEqual((yield* events).slice(3).map(({ type }) => type), ["job.terminated"])
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
    }))

  it.effect("a state that a failed run has changed in place stays as it was", () =>
    Effect.gen(function*() {
      const { events, job } = yield* openJob(counting({
        execute: (ctx) =>
          Effect.flatMap(ctx.state, (state) => {
            Object.assign(state, { n: 666 })
            return Effect.fail("no")
          })
      }))
      yield* Effect.flip(job.start({ id, input }))
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 0 } })
      assert.deepInclude((yield* events).find(({ type }) => type === "execution.failed"), {
        preExecutionState: { n: 0 }
      })
    }))

  it.effect("jitter takes off up to half of the wait", () =>
    Effect.gen(function*() {
      const retry = { maxAttempts: 2, delay: "10 seconds", jitter: true } as const
      const { job } = yield* openJob(failing(9, { retry }))
      yield* job.start({ id, input })
      const { nextRunAt } = yield* job.status({ id })
      assert.isAtLeast(nextRunAt ?? 0, 5000)
      assert.isAtMost(nextRunAt ?? Infinity, 10_000)
    }).pipe(Random.withSeed("jitter")))

  it.effect("ticks missed in a long run are made up for by one", () =>
    Effect.gen(function*() {
      const begun: Array<number> = []
      const { job } = yield* openJob(counting({
        execute: (ctx) =>
          Effect.gen(function*() {
            begun.push(yield* TestClock.testClockWith((clock) => clock.currentTimeMillis))
            if (ctx.runCount === 1) yield* Effect.sleep("150 seconds")
          })
      }))
      yield* Effect.forkChild(job.start({ id, input }))
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(begun, [0, 150_000, 180_000, 240_000])
    }))

  it.effect("a handler that would wait for itself is told so", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const selfish = Continuous.make({
        stateSchema: Count,
        schedule: Continuous.every("1 hour"),
        execute: () =>
          Effect.gen(function*() {
            const self = (yield* JobsClient).continuous("selfish")
            const started = yield* self.start({ id, input })
            const error = yield* Effect.flip(self.trigger({ id }))
            told.push(`created: ${started.created}`, error.message)
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ selfish }), yield* open)
      yield* runtime.client.continuous("selfish").start({ id, input })
      assert.deepStrictEqual(told, [
        "created: false",
        "continuous:selfish:a: id: a handler cannot trigger its own instance, which would wait for it to end"
      ])
    }))

  it.effect("a call from inside a job carries its incarnation", () =>
    Effect.gen(function*() {
      const host = yield* open
      const child = counting()
      const parent = Continuous.make({
        stateSchema: Count,
        schedule: Continuous.every("1 hour"),
        execute: () =>
          Effect.flatMap(
            JobsClient,
            (client: JobsClientService) => client.continuous("child").start({ id: "c", input })
          )
      })
      const runtime = yield* openRuntime(createJobRegistry({ child, parent }), host)
      yield* runtime.client.continuous("parent").start({ id: "p", input })
      const events = yield* runtime.events
      const of = (name: string) => events.filter(({ jobName }) => jobName === name)
      assert.strictEqual(of("child")[0]?.parentIncarnationId, of("parent")[0]?.incarnationId)
      assert.strictEqual(of("parent")[0]?.parentIncarnationId, undefined)
      const order = events.map(({ jobName, type }) => `${jobName} ${type}`)
      assert.isBelow(order.indexOf("parent execution.started"), order.indexOf("child job.created"))
    }))
})
