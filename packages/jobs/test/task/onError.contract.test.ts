import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, InvalidState, Task } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd, type SumContext } from "../support/taskDefinitions.ts"

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

describe.each(storages)("what onError makes of a task's failure on $name", ({ open }) => {
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
})
