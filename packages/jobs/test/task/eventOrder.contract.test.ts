import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd, threeAttempts } from "../support/taskDefinitions.ts"

const id = "a"
const instanceId = "task:job:a"
const created = ["job.created", "job.started"]
const scheduling = {
  onEvent: (_event: unknown, ctx: { readonly schedule: (at: "1 minute") => Effect.Effect<void, unknown> }) =>
    ctx.schedule("1 minute")
}

describe.each(storages)("the order of a task's events on $name", ({ open }) => {
  it.effect("the first event begins the instance and leaves it idle", () =>
    Effect.gen(function*() {
      const { path, send, state } = yield* playTask(open, adding())
      assert.deepStrictEqual(yield* send(2), { instanceId, created: true, scheduledAt: null, status: "idle" })
      assert.deepStrictEqual(yield* path, [
        ...created,
        "task.event.received",
        "execution.started(event 1)",
        "task.idle(onEvent)",
        "execution.succeeded",
        "task.event.processed(true)"
      ])
      assert.deepStrictEqual(yield* state, { n: 2 })
    }))

  it.effect("an event that schedules", () =>
    Effect.gen(function*() {
      const { mark, path, send, task } = yield* playTask(open, adding(scheduling))
      assert.deepStrictEqual(yield* send(2), { instanceId, created: true, scheduledAt: 60_000, status: "active" })
      assert.deepStrictEqual(yield* path, [
        ...created,
        "task.event.received",
        "execution.started(event 1)",
        "alarm.scheduled(task)",
        "execution.succeeded",
        "task.event.processed(true)"
      ])
      const after = yield* mark
      yield* send(1)
      assert.deepStrictEqual(yield* after, [
        "task.event.received",
        "execution.started(event 1)",
        "alarm.scheduled(task replaces)",
        "execution.succeeded",
        "task.event.processed(true)"
      ])
      assert.deepInclude(yield* task.status({ id }), { status: "active", scheduledAt: 60_000, eventCount: 2 })
    }))

  it.effect("the alarm runs execute", () =>
    Effect.gen(function*() {
      const { mark, send, state } = yield* playTask(
        open,
        adding({
          ...scheduling,
          execute: (ctx) => ctx.setState({ n: ctx.executeCount })
        })
      )
      yield* send(2)
      const after = yield* mark
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* after, [
        "alarm.fired(task)",
        "execution.started(alarm 1)",
        "task.idle(execute)",
        "execution.succeeded"
      ])
      assert.deepStrictEqual(yield* state, { n: 1 })
    }))

  it.effect("no attempt left", () =>
    Effect.gen(function*() {
      const { mark, send, task } = yield* playTask(open, failingToAdd(3))
      const after = yield* mark
      assert.deepInclude(yield* send(2), { created: true, scheduledAt: null, status: "active" })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual((yield* after).slice(-7), [
        "retry.attempted",
        "execution.started(retry 3)",
        "execution.failed(false)",
        "task.event.processed(false)",
        "retry.exhausted(maxAttempts)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
      assert.deepInclude(yield* task.status({ id }), { status: "notFound" })
      assert.deepInclude(threeAttempts, { maxAttempts: 3 })
    }))
})
