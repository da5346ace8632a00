import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { AttemptTimedOut } from "../../src/index.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, type SumContext, threeAttempts } from "../support/taskDefinitions.ts"

const id = "a"

/** An onError that notes what it is given. */
const noting = (
  errors: Array<unknown>,
  then: (ctx: SumContext) => Effect.Effect<unknown, unknown> = () => Effect.void
) => ({
  onError: (error: unknown, ctx: SumContext) =>
    Effect.suspend(() => {
      errors.push(error)
      return then(ctx)
    })
})

describe.each(storages)("what becomes of a task's failure on $name", ({ open }) => {
  it.effect("onIdle's failure without onError leaves all as it was", () =>
    Effect.gen(function*() {
      const { path, send, state } = yield* playTask(open, adding({ onIdle: () => Effect.fail("not idle") }))
      assert.strictEqual((yield* Effect.flip(send(1)))._tag, "ExecutionFailed")
      assert.strictEqual(yield* state, null)
      assert.deepStrictEqual((yield* path).slice(-2), ["execution.failed(false)", "task.event.processed(false)"])
    }))

  it.effect("an attempt that takes too long has failed, and the time is the handler's, not onError's", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      const { send, state } = yield* playTask(
        open,
        adding({
          retry: { maxAttempts: 1, delay: 0, timeout: "5 seconds" },
          onEvent: () => Effect.never,
          ...noting(errors, (ctx) => Effect.andThen(Effect.sleep("1 minute"), ctx.setState({ n: 3 })))
        })
      )
      const sending = yield* Effect.forkChild(send(1), { startImmediately: true })
      yield* TestClock.adjust("65 seconds")
      assert.deepInclude(yield* Fiber.join(sending), { status: "idle" })
      assert.deepStrictEqual(errors, [new AttemptTimedOut({ timeoutMs: 5000 })])
      assert.deepStrictEqual(yield* state, { n: 3 })
    }))

  it.effect("a timeout is retried like any failure", () =>
    Effect.gen(function*() {
      const { events, send, state, task } = yield* playTask(
        open,
        adding({
          retry: { ...threeAttempts, timeout: "5 seconds" },
          onEvent: (_event, ctx) => ctx.attempt === 1 ? Effect.never : ctx.setState({ n: ctx.attempt })
        })
      )
      const sending = yield* Effect.forkChild(send(1), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* Fiber.join(sending), { status: "active" })
      assert.deepInclude(yield* task.status({ id }), { status: "active", scheduledAt: null })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* state, { n: 2 })
      const failed = (yield* events).find((event) => event.type === "execution.failed")
      assert.deepInclude(failed?.error, { name: "AttemptTimedOut" })
    }))

  it.effect("being terminated is no failure for onError, and goes before those who wait", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      let interrupted = false
      const hanging = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          interrupted = true
        }))
      const { mark, send, task } = yield* playTask(
        open,
        adding({ onEvent: ({ add }, ctx) => add === 1 ? hanging : ctx.setState({ n: add }), ...noting(errors) })
      )
      const sending = yield* Effect.forkChild(send(1), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const after = yield* mark
      const waiting = yield* Effect.forkChild(send(2), { startImmediately: true })
      assert.deepStrictEqual(yield* task.terminate({ id }), { terminated: true })
      assert.isTrue(interrupted)
      assert.deepInclude(yield* Fiber.join(sending), { created: true })
      assert.deepInclude(yield* Fiber.join(waiting), { created: true })
      assert.deepStrictEqual(errors, [])
      assert.deepStrictEqual((yield* after).slice(0, 2), ["job.terminated(client)", "job.created"])
    }))

  it.effect("a handler that interrupts itself has failed", () =>
    Effect.gen(function*() {
      const { path, send } = yield* playTask(open, adding({ onEvent: () => Effect.interrupt }))
      assert.strictEqual((yield* Effect.flip(send(1)))._tag, "ExecutionFailed")
      assert.deepStrictEqual((yield* path).slice(-2), ["execution.failed(false)", "task.event.processed(false)"])
    }))

  it.effect("a kept failure takes no event and runs no more by itself", () =>
    Effect.gen(function*() {
      const { mark, send, state, task } = yield* playTask(
        open,
        adding({
          retry: { maxAttempts: 1, delay: 0 },
          onExhausted: "keep",
          onEvent: ({ add }, ctx) =>
            add < 0
              ? Effect.fail("no")
              : Effect.andThen(ctx.setState({ n: add }), Effect.orDie(ctx.schedule("1 minute")))
        })
      )
      yield* send(4)
      yield* Effect.flip(send(-1))
      const after = yield* mark
      assert.deepStrictEqual(yield* send(5), {
        instanceId: "task:job:a",
        created: false,
        scheduledAt: null,
        status: "failed"
      })
      assert.deepInclude(yield* task.trigger({ id }), { triggered: false })
      assert.deepInclude(yield* task.status({ id }), { status: "failed", scheduledAt: null, eventCount: 2 })
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* after, [])
      assert.deepStrictEqual(yield* state, { n: 4 })
    }))

  it.effect("retry runs the failed handler on the kept state, and what was scheduled is again", () =>
    Effect.gen(function*() {
      let isDown = true
      const { mark, send, state, task } = yield* playTask(
        open,
        adding({
          retry: { maxAttempts: 1, delay: 0 },
          onExhausted: "keep",
          onEvent: (_event, ctx) => Effect.andThen(ctx.setState({ n: 4 }), Effect.orDie(ctx.schedule("1 minute"))),
          execute: (ctx) => isDown ? Effect.fail("down") : ctx.updateState(({ n }) => ({ n: n + 1 }))
        })
      )
      yield* send(4)
      yield* Effect.flip(task.trigger({ id }))
      isDown = false
      const after = yield* mark
      assert.deepStrictEqual(yield* task.retry({ id }), { retried: true })
      assert.deepStrictEqual(yield* after, [
        "job.created",
        "job.started",
        "execution.started(retry 1)",
        "alarm.scheduled(task)",
        "execution.succeeded"
      ])
      assert.deepStrictEqual(yield* state, { n: 5 })
      assert.deepInclude(yield* task.status({ id }), {
        status: "active",
        scheduledAt: 60_000,
        executeCount: 1,
        eventCount: 0
      })
      assert.deepStrictEqual(yield* task.retry({ id }), { retried: false })
    }))

  it.effect("a retry of a kept failure that fails is kept again", () =>
    Effect.gen(function*() {
      const { send, task } = yield* playTask(
        open,
        adding({ retry: { maxAttempts: 1, delay: 0 }, onExhausted: "keep", onEvent: () => Effect.fail("no") })
      )
      yield* Effect.flip(send(1))
      assert.strictEqual((yield* Effect.flip(task.retry({ id })))._tag, "ExecutionFailed")
      assert.deepInclude(yield* task.status({ id }), { status: "failed", eventCount: 1 })
      assert.deepStrictEqual(yield* task.discard({ id }), { discarded: true })
      assert.deepInclude(yield* task.status({ id }), { status: "notFound" })
    }))

  it.effect("a handler that goes on after its end changes nothing", () =>
    Effect.gen(function*() {
      const signals = { go: yield* Deferred.make<void>(), done: yield* Deferred.make<void>() }
      const { send, state, task } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.gen(function*() {
              yield* ctx.setState({ n: add })
              const late = Deferred.await(signals.go).pipe(
                Effect.andThen(ctx.setState({ n: -1 })),
                Effect.andThen(Effect.orDie(ctx.schedule("1 minute"))),
                Effect.andThen(Deferred.succeed(signals.done, undefined))
              )
              yield* Effect.forkDetach(late, { startImmediately: true })
            })
        })
      )
      yield* send(1)
      yield* Deferred.succeed(signals.go, undefined)
      yield* Deferred.await(signals.done)
      assert.deepStrictEqual(yield* state, { n: 1 })
      assert.deepInclude(yield* task.status({ id }), { status: "idle", scheduledAt: null })
    }))
})
