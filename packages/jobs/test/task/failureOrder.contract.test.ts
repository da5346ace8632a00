import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd, type GivenTask, threeAttempts } from "../support/taskDefinitions.ts"

const id = "a"
const instanceId = "task:job:a"
const created = ["job.created", "job.started"]
const handled = [
  "task.event.received",
  "execution.started(event 1)",
  "task.idle(onEvent)",
  "execution.succeeded",
  "task.event.processed(true)"
]
const inAMinute: GivenTask = { onEvent: (_event, ctx) => Effect.orDie(ctx.schedule("1 minute")) }
const boom = Effect.fail(new TypeError("boom"))

describe.each(storages)("the order of events when a task fails, on $name", ({ open }) => {
  it.effect("a failure without a policy leaves the instance alive", () =>
    Effect.gen(function*() {
      const { mark, path, send, task } = yield* playTask(
        open,
        adding({ onEvent: ({ add }, ctx) => add < 0 ? boom : Effect.orDie(ctx.schedule("1 minute")) })
      )
      yield* Effect.flip(send(-1))
      assert.deepStrictEqual(yield* path, [
        ...created,
        "task.event.received",
        "execution.started(event 1)",
        "execution.failed(false)",
        "task.event.processed(false)"
      ])
      yield* send(1)
      const after = yield* mark
      const error = yield* Effect.flip(send(-1))
      assert.deepInclude(error, { _tag: "ExecutionFailed", instanceId, attempts: 1 })
      assert.deepStrictEqual(yield* after, [
        "task.event.received",
        "execution.started(event 1)",
        "execution.failed(false)",
        "task.event.processed(false)"
      ])
      assert.deepInclude(yield* task.status({ id }), { status: "active", scheduledAt: 60_000, eventCount: 3 })
    }))

  it.effect("execute that fails without a policy says nothing of an event", () =>
    Effect.gen(function*() {
      const { mark, send, task } = yield* playTask(open, adding({ ...inAMinute, execute: () => boom }))
      yield* send(1)
      const after = yield* mark
      yield* TestClock.adjust("1 minute")
      const failed = ["execution.failed(false)"]
      assert.deepStrictEqual(yield* after, ["alarm.fired(task)", "execution.started(alarm 1)", ...failed])
      assert.deepInclude(yield* task.status({ id }), { status: "idle", scheduledAt: null, executeCount: 1 })
      assert.strictEqual((yield* Effect.flip(task.trigger({ id })))._tag, "ExecutionFailed")
    }))

  it.effect("a failure that is retried until it is none", () =>
    Effect.gen(function*() {
      const { events, path, send, state, task } = yield* playTask(open, failingToAdd(2))
      assert.deepStrictEqual(yield* send(2), { instanceId, created: true, scheduledAt: null, status: "active" })
      assert.deepStrictEqual(yield* state, null)
      yield* TestClock.adjust("3 seconds")
      const retried = ["execution.failed(true)", "alarm.scheduled(retry)", "retry.scheduled", "alarm.fired(retry)"]
      assert.deepStrictEqual(yield* path, [
        ...created,
        ...handled.slice(0, 2),
        ...retried,
        "retry.attempted",
        "execution.started(retry 2)",
        ...retried,
        "retry.attempted",
        "execution.started(retry 3)",
        ...handled.slice(2)
      ])
      assert.deepStrictEqual(yield* state, { n: 2 })
      assert.deepInclude(yield* task.status({ id }), { eventCount: 1, status: "idle" })
      const executions = new Set((yield* events).flatMap(({ executionId }) => executionId ?? []))
      assert.strictEqual(executions.size, 1)
    }))

  it.effect("a retry takes the place of what was scheduled, and gives it back", () =>
    Effect.gen(function*() {
      const { mark, send, task } = yield* playTask(
        open,
        adding({
          retry: threeAttempts,
          onEvent: ({ add }, ctx) =>
            add === 1 ? Effect.orDie(ctx.schedule("1 minute")) : ctx.attempt === 1 ? boom : Effect.void
        })
      )
      yield* send(1)
      const after = yield* mark
      assert.deepInclude(yield* send(2), { scheduledAt: 60_000, status: "active" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* after, [
        ...handled.slice(0, 2),
        "execution.failed(true)",
        "alarm.scheduled(retry replaces)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 2)",
        "alarm.scheduled(task)",
        "execution.succeeded",
        "task.event.processed(true)"
      ])
      assert.deepInclude(yield* task.status({ id }), { scheduledAt: 60_000 })
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* task.status({ id }), { executeCount: 1 })
    }))

  it.effect("a trigger while a retry waits gives back what was scheduled", () =>
    Effect.gen(function*() {
      const { mark, send, task } = yield* playTask(
        open,
        adding({
          retry: threeAttempts,
          onEvent: ({ add }, ctx) =>
            add === 1 ? Effect.orDie(ctx.schedule("1 minute")) : ctx.attempt === 1 ? boom : Effect.void
        })
      )
      yield* send(1)
      yield* send(2)
      const after = yield* mark
      yield* task.trigger({ id })
      assert.deepStrictEqual((yield* after).slice(2), [
        "alarm.scheduled(task replaces)",
        "execution.succeeded",
        "task.event.processed(true)"
      ])
      assert.deepInclude(yield* task.status({ id }), { scheduledAt: 60_000 })
    }))

  it.effect("a trigger while a retry waits runs that retry, and takes its alarm off", () =>
    Effect.gen(function*() {
      const { mark, send, task } = yield* playTask(open, failingToAdd(1))
      yield* send(2)
      const after = yield* mark
      assert.deepStrictEqual(yield* task.trigger({ id }), { instanceId, triggered: true })
      assert.deepStrictEqual(yield* after, [
        "retry.attempted",
        "execution.started(trigger 2)",
        "alarm.cancelled(retry)",
        ...handled.slice(2)
      ])
      assert.deepInclude(yield* task.status({ id }), { status: "idle", executeCount: 0 })
    }))

  it.effect("no attempt left", () =>
    Effect.gen(function*() {
      const { events, path, send, task } = yield* playTask(open, failingToAdd(3))
      yield* send(2)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual((yield* path).slice(-8), [
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 3)",
        "execution.failed(false)",
        "task.event.processed(false)",
        "retry.exhausted(maxAttempts)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
      const failed = (yield* events).find((event) => event.type === "job.failed")
      assert.deepInclude(failed, { attempt: 3, runCount: 1, reason: "retryExhausted", finalState: null })
      assert.deepInclude(yield* task.status({ id }), { status: "notFound" })
    }))

  it.effect("no attempt left while something is scheduled", () =>
    Effect.gen(function*() {
      const { mark, send } = yield* playTask(
        open,
        adding({
          retry: { maxAttempts: 1, delay: 0 },
          onEvent: ({ add }, ctx) => add < 0 ? boom : Effect.orDie(ctx.schedule("1 minute"))
        })
      )
      yield* send(1)
      const after = yield* mark
      assert.deepInclude(yield* Effect.flip(send(-1)), { _tag: "ExecutionFailed", attempts: 1 })
      assert.deepStrictEqual(yield* after, [
        ...handled.slice(0, 2),
        "execution.failed(false)",
        "task.event.processed(false)",
        "retry.exhausted(maxAttempts)",
        "alarm.cancelled(task)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
    }))

  it.effect("no time left for the retry that waited", () =>
    Effect.gen(function*() {
      const retry = { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" } as const
      const { mark, send } = yield* playTask(open, failingToAdd(9, { retry }))
      yield* send(2)
      const after = yield* mark
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* after, [
        "alarm.fired(retry)",
        "task.event.processed(false)",
        "retry.exhausted(maxDuration)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
    }))

  it.effect("a kept failure ends with its discard", () =>
    Effect.gen(function*() {
      const { mark, path, send, task } = yield* playTask(open, failingToAdd(9, { onExhausted: "keep" }))
      yield* send(2)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual((yield* path).slice(-2), ["retry.exhausted(maxAttempts)", "job.failed"])
      const after = yield* mark
      assert.deepStrictEqual(yield* task.discard({ id }), { discarded: true })
      assert.deepStrictEqual(yield* after, ["job.terminated(discard)"])
    }))

  it.effect("a kept failure that is retried handles its event in a new incarnation", () =>
    Effect.gen(function*() {
      const { events, mark, send, state, task } = yield* playTask(open, failingToAdd(3, { onExhausted: "keep" }))
      yield* send(7)
      yield* TestClock.adjust("3 seconds")
      const after = yield* mark
      assert.deepStrictEqual(yield* task.retry({ id }), { retried: true })
      assert.deepStrictEqual(yield* after, [...created, "execution.started(retry 1)", ...handled.slice(2)])
      assert.deepStrictEqual(yield* state, { n: 7 })
      assert.strictEqual(new Set((yield* events).map(({ incarnationId }) => incarnationId)).size, 2)
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 1, executeCount: 0 })
    }))

  it.effect("onError that takes the last failure makes it a success", () =>
    Effect.gen(function*() {
      const { mark, send, state } = yield* playTask(
        open,
        adding({ onEvent: () => boom, onError: (_error, ctx) => ctx.setState({ n: 99 }) })
      )
      const after = yield* mark
      assert.deepInclude(yield* send(2), { created: true, status: "idle" })
      assert.deepStrictEqual(yield* after, [
        ...created,
        ...handled.slice(0, 3),
        "execution.succeeded(recovered)",
        "task.event.processed(true)"
      ])
      assert.deepStrictEqual(yield* state, { n: 99 })
    }))
})
