import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type Commit, createJobRegistry, HostUnavailable, JobsHost } from "../src/index.ts"
import { type CountContext, counting } from "./support/definitions.ts"
import { assertOrdered, path } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }
const started = ["job.created", "job.started", "execution.started(start 1)", "execution.succeeded"]

/** A library that tells of its progress by a callback. */
const library = async (onProgress: (fraction: number) => void) => {
  onProgress(0.5)
  await Promise.resolve()
}

describe.each(storages)("what user code leaves running on $name", ({ open }) => {
  /** Commits of the host wait for `gate` first, if there is one, and are all noted. */
  const openJob = Effect.fnUntraced(function*(definition: ReturnType<typeof counting>, gracePeriod = 0) {
    const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
    const commits: Array<Commit> = []
    const begun = yield* Deferred.make<void>()
    const disk: { gate: Effect.Effect<void, HostUnavailable> } = { gate: Effect.void }
    const watched = Layer.succeed(JobsHost, {
      ...host,
      commit: (commit) =>
        Effect.gen(function*() {
          commits.push({ ...commit, events: [...commit.events] })
          yield* Deferred.succeed(begun, undefined)
          yield* disk.gate
          return yield* host.commit(commit)
        })
    })
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), watched, { gracePeriod })
    return { ...runtime, job: runtime.client.continuous("job"), commits, begun, disk, host }
  })

  it.effect("progress that a callback library reports does not mix its begin with the outcome", () =>
    Effect.gen(function*() {
      let runs = 0
      const { commits, events, job } = yield* openJob(counting({
        execute: (ctx) =>
          Effect.gen(function*() {
            runs += 1
            yield* Effect.promise(() => library((fraction) => void Effect.runPromise(ctx.progress(fraction))))
            yield* ctx.setState({ n: 1 })
          })
      }))
      assert.deepInclude(yield* job.start({ id, input }), { created: true })
      assert.strictEqual(runs, 1)
      const told = yield* events
      assertOrdered(told)
      assert.deepStrictEqual(path(told), [...started, "alarm.scheduled(schedule)"])
      assert.deepStrictEqual(commits.map(({ events, expectedVersion }) => [expectedVersion, events.length]), [
        [0, 3],
        [1, 2]
      ])
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
    }))

  it.effect("the outcome waits for a begin that is being stored", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { begun, commits, disk, events, job } = yield* openJob(counting({
        execute: (ctx) =>
          Effect.gen(function*() {
            yield* Effect.forkDetach(ctx.progress(0.5), { startImmediately: true })
            yield* ctx.setState({ n: 1 })
          })
      }))
      disk.gate = Deferred.await(gate)
      const start = yield* Effect.forkChild(job.start({ id, input }), { startImmediately: true })
      yield* Deferred.await(begun)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(commits, 1)
      yield* Deferred.succeed(gate, undefined)
      assert.deepInclude(yield* Fiber.join(start), { created: true })
      assertOrdered(yield* events)
      assert.deepStrictEqual(commits.map(({ expectedVersion }) => expectedVersion), [0, 1])
    }))

  it.effect("the outcome takes along the events of a begin that could not be stored", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void, HostUnavailable>()
      const { begun, commits, disk, events, job } = yield* openJob(counting({
        execute: (ctx) => Effect.forkDetach(ctx.progress(0.5), { startImmediately: true })
      }))
      disk.gate = Deferred.await(gate)
      const start = yield* Effect.forkChild(job.start({ id, input }), { startImmediately: true })
      yield* Deferred.await(begun)
      disk.gate = Effect.void
      yield* Deferred.fail(gate, new HostUnavailable({ host: "test", problem: "The disk is full." }))
      assert.deepInclude(yield* Fiber.join(start), { created: true })
      assert.deepStrictEqual(commits.map(({ events, expectedVersion }) => [expectedVersion, events.length]), [
        [0, 3],
        [0, 5]
      ])
      assertOrdered(yield* events)
    }))

  it.effect.each([
    { asks: "a fiber of its own", progress: (ctx: CountContext) => Effect.forkDetach(ctx.progress(0.5)) },
    { asks: "user code itself", progress: (ctx: CountContext) => ctx.progress(0.5) }
  ])(
    "a shutdown waits for a begin that is being stored, also past the time for user code: $asks asks",
    ({ progress }) =>
      Effect.gen(function*() {
        const gate = yield* Deferred.make<void>()
        const { begun, close, disk, host, job } = yield* openJob(counting({
          execute: (ctx) => Effect.uninterruptible(Effect.andThen(progress(ctx), Effect.never))
        }))
        disk.gate = Deferred.await(gate)
        const start = yield* Effect.forkChild(Effect.flip(job.start({ id, input })), { startImmediately: true })
        yield* Deferred.await(begun)
        const closing = yield* Effect.forkChild(close, { startImmediately: true })
        yield* TestClock.adjust("10 seconds")
        assert.isUndefined(closing.pollUnsafe())
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(closing)
        assert.strictEqual((yield* Fiber.join(start))._tag, "HostUnavailable")
        assert.deepInclude(yield* host.load("continuous:job:a"), { version: 1 })
      })
  )

  it.effect("progress after the end stores nothing and tells nothing", () =>
    Effect.gen(function*() {
      const contexts: Array<CountContext> = []
      const { allEvents, commits, job } = yield* openJob(counting({
        execute: (ctx) => Effect.sync(() => contexts.push(ctx))
      }))
      yield* job.start({ id, input })
      const before = yield* allEvents
      for (const ctx of contexts) yield* ctx.progress(1)
      assert.lengthOf(commits, 1)
      assert.deepStrictEqual(yield* allEvents, before)
      assert.deepInclude(yield* job.trigger({ id }), { triggered: true })
    }))

  it.effect("user code is stopped before the lock is given back when its begin fails early", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const cleanup = yield* Deferred.make<void>()
      const definition = counting({
        execute: (ctx) =>
          Effect.suspend(() => {
            order.push("begin")
            return ctx.progress(0.5)
          }).pipe(
            Effect.onInterrupt(() => Effect.andThen(Deferred.await(cleanup), Effect.sync(() => order.push("stopped"))))
          )
      })
      const { disk, job } = yield* openJob(definition, 1000)
      disk.gate = Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
      const first = yield* Effect.forkChild(Effect.flip(job.start({ id, input })), { startImmediately: true })
      yield* TestClock.adjust(0)
      const second = yield* Effect.forkChild(job.start({ id, input }), { startImmediately: true })
      yield* TestClock.adjust(0)
      disk.gate = Effect.void
      yield* Deferred.succeed(cleanup, undefined)
      assert.strictEqual((yield* Fiber.join(first))._tag, "HostUnavailable")
      assert.deepInclude(yield* Fiber.join(second), { created: true })
      assert.deepStrictEqual(order, ["begin", "stopped", "begin"])
    }))
})
