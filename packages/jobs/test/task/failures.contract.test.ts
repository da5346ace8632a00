import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { AttemptTimedOut, createJobRegistry, InvalidState, Task } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd, type SumContext, threeAttempts } from "../support/taskDefinitions.ts"

const id = "a"

class Refused extends Error {
  override readonly name = "Refused"
}
const refused = new Refused("no")

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

/** Changes an object in place, as no schema of ours lets one, but some do. */
const spoil = (value: unknown) => Effect.sync(() => Object.assign(Object(value), { n: 666 }))

describe.each(storages)("what becomes of a task's failure on $name", ({ open }) => {
  it.effect.each([
    { name: "a typed failure", code: Effect.fail(refused), is: refused },
    { name: "a defect", code: Effect.die(refused), is: refused },
    { name: "a failure that is no error", code: Effect.fail("no"), is: "no" }
  ])("onError is given $name itself", ({ code, is }) =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      const { send } = yield* playTask(open, adding({ onEvent: () => code, ...noting(errors) }))
      yield* send(1)
      assert.deepStrictEqual(errors, [is])
    }))

  it.effect("onError is given what a handler throws instead of answering", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      const { send } = yield* playTask(
        open,
        adding({
          onEvent: () => {
            throw refused
          },
          ...noting(errors)
        })
      )
      yield* send(1)
      assert.deepStrictEqual(errors, [refused])
    }))

  it.effect("onError is given a state that cannot be stored, as one of its kind", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      const { send, state } = yield* playTask(
        open,
        adding({
          onEvent: (_event, ctx) => ctx.setState({ n: 0.5 }),
          ...noting(errors, (ctx) => ctx.setState({ n: 1 }))
        })
      )
      yield* send(1)
      assert.instanceOf(errors[0], InvalidState)
      assert.deepStrictEqual(yield* state, { n: 1 })
    }))

  it.effect("onError acts on the state and the schedule as before the attempt", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const { send, state, task } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.gen(function*() {
              yield* ctx.setState({ n: add })
              yield* ctx.schedule(add * 1000)
              if (add === 2) return yield* Effect.fail("no")
            }).pipe(Effect.orDie),
          ...noting([], (ctx) =>
            Effect.gen(function*() {
              seen.push(yield* ctx.state, yield* ctx.getScheduledTime)
              yield* ctx.updateState(({ n }) => ({ n: n + 100 }))
            }))
        })
      )
      yield* send(1)
      yield* send(2)
      assert.deepStrictEqual(seen, [{ n: 1 }, 1000])
      assert.deepStrictEqual(yield* state, { n: 101 })
      assert.deepInclude(yield* task.status({ id }), { scheduledAt: 1000 })
    }))

  it.effect("a state or an event that a failed handler has changed in place is as before, for onError and for the retry", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const see = (value: unknown) => Effect.sync(() => seen.push(structuredClone(value)))
      const job = Task.make({
        stateSchema: Schema.Unknown,
        eventSchema: Schema.Unknown,
        retry: { maxAttempts: 2, delay: "1 second" },
        onEvent: (event, ctx) =>
          Effect.gen(function*() {
            const state = yield* ctx.state
            if (state === null) return yield* ctx.setState({ n: 1 })
            yield* see(event)
            yield* see(state)
            yield* spoil(event)
            yield* spoil(state)
            return yield* Effect.fail("no")
          }),
        execute: () => Effect.void,
        onError: (_error, ctx) => Effect.flatMap(ctx.state, see)
      })
      const { client } = yield* openRuntime(createJobRegistry({ job }), yield* open)
      const task = client.task("job")
      yield* task.send({ id, event: { n: 0 } })
      yield* task.send({ id, event: { n: 2 } })
      yield* task.trigger({ id })
      assert.deepStrictEqual(seen, [{ n: 2 }, { n: 1 }, { n: 2 }, { n: 1 }, { n: 1 }])
      assert.deepStrictEqual(yield* task.getState({ id }), { state: { n: 1 } })
    }))

  it.effect("onError is asked when no attempt is left, and not before", () =>
    Effect.gen(function*() {
      const attempts: Array<number> = []
      const { path, send, state, task } = yield* playTask(
        open,
        failingToAdd(
          9,
          noting([], (ctx) => {
            attempts.push(ctx.attempt)
            return ctx.setState({ n: 5 })
          })
        )
      )
      yield* send(1)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(attempts, [3])
      assert.deepStrictEqual(yield* state, { n: 5 })
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 1 })
      assert.deepStrictEqual((yield* path).slice(-4), [
        "execution.started(retry 3)",
        "task.idle(onEvent)",
        "execution.succeeded(recovered)",
        "task.event.processed(true)"
      ])
      assert.lengthOf((yield* path).filter((type) => type.startsWith("execution.failed")), 2)
    }))

  it.effect("onError is asked when maxDuration has passed by the end of an attempt", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      const { send } = yield* playTask(
        open,
        adding({
          retry: { maxAttempts: 9, delay: 0, maxDuration: "5 seconds" },
          onEvent: () => Effect.andThen(Effect.sleep("6 seconds"), Effect.fail("late")),
          ...noting(errors)
        })
      )
      const sending = yield* Effect.forkChild(send(1), { startImmediately: true })
      yield* TestClock.adjust("6 seconds")
      assert.deepInclude(yield* Fiber.join(sending), { status: "idle" })
      assert.deepStrictEqual(errors, ["late"])
    }))

  it.effect("what onError schedules is scheduled", () =>
    Effect.gen(function*() {
      const { path, send } = yield* playTask(
        open,
        adding({ onEvent: () => Effect.fail("no"), ...noting([], (ctx) => ctx.schedule("1 minute")) })
      )
      assert.deepInclude(yield* send(1), { scheduledAt: 60_000, status: "active" })
      assert.deepStrictEqual((yield* path).slice(-3), [
        "alarm.scheduled(task)",
        "execution.succeeded(recovered)",
        "task.event.processed(true)"
      ])
    }))

  it.effect("onError may terminate the job", () =>
    Effect.gen(function*() {
      const { path, send, task } = yield* playTask(
        open,
        adding({ onEvent: () => Effect.fail("no"), ...noting([], (ctx) => ctx.terminate({ reason: "hopeless" })) })
      )
      yield* send(1)
      assert.deepStrictEqual((yield* path).slice(-4), [
        "execution.succeeded(recovered)(terminated)",
        "task.event.processed(true)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)"
      ])
      assert.deepInclude(yield* task.status({ id }), { status: "notFound" })
    }))

  it.effect("when onError fails the attempt has failed with the handler's error", () =>
    Effect.gen(function*() {
      const { events, send, state, task } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) => add === 1 ? ctx.setState({ n: 1 }) : Effect.fail(refused),
          ...noting([], (ctx) =>
            Effect.gen(function*() {
              yield* ctx.setState({ n: -1 })
              yield* ctx.schedule("1 minute")
              return yield* Effect.fail(new TypeError("onError's own"))
            }))
        })
      )
      yield* send(1)
      const error = yield* Effect.flip(send(2))
      assert.strictEqual(error.message, "task:job:a failed: no")
      assert.deepStrictEqual(yield* state, { n: 1 })
      assert.deepInclude(yield* task.status({ id }), { status: "idle", scheduledAt: null })
      const failed = (yield* events).find((event) => event.type === "execution.failed")
      assert.deepInclude(failed?.error, { name: "Refused", message: "no" })
    }))

  it.effect("a state that onError leaves and that cannot be stored is its failure", () =>
    Effect.gen(function*() {
      const { send, state } = yield* playTask(
        open,
        adding({ onEvent: () => Effect.fail(refused), ...noting([], (ctx) => ctx.setState({ n: 0.5 })) })
      )
      assert.strictEqual((yield* Effect.flip(send(2))).message, "task:job:a failed: no")
      assert.strictEqual(yield* state, null)
    }))

  it.effect("onIdle's failure is the attempt's, and onError's to take", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      let idles = 0
      const { path, send, state } = yield* playTask(
        open,
        adding({
          onIdle: () => {
            idles += 1
            return Effect.fail("not idle")
          },
          ...noting(errors, (ctx) => ctx.setState({ n: 50 }))
        })
      )
      yield* send(1)
      assert.deepStrictEqual(errors, ["not idle"])
      assert.strictEqual(idles, 1)
      assert.deepStrictEqual(yield* state, { n: 50 })
      assert.deepStrictEqual((yield* path).slice(-3), [
        "task.idle(onEvent)",
        "execution.succeeded(recovered)",
        "task.event.processed(true)"
      ])
    }))

  it.effect("onIdle's failure without onError leaves all as it was", () =>
    Effect.gen(function*() {
      const { path, send, state } = yield* playTask(open, adding({ onIdle: () => Effect.fail("not idle") }))
      assert.strictEqual((yield* Effect.flip(send(1)))._tag, "ExecutionFailed")
      assert.strictEqual(yield* state, null)
      assert.deepStrictEqual((yield* path).slice(-2), ["execution.failed(false)", "task.event.processed(false)"])
    }))

  it.effect("onIdle runs after onError that leaves nothing scheduled", () =>
    Effect.gen(function*() {
      const { send, state } = yield* playTask(
        open,
        adding({
          onEvent: () => Effect.fail("no"),
          ...noting([], (ctx) => ctx.setState({ n: 1 })),
          onIdle: (ctx) => Effect.orDie(ctx.updateState(({ n }) => ({ n: n + 1 })))
        })
      )
      yield* send(1)
      assert.deepStrictEqual(yield* state, { n: 2 })
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
