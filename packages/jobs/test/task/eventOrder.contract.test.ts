import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, type GivenTask } from "../support/taskDefinitions.ts"

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
const scheduling = (alarm: string) => [...handled.slice(0, 2), alarm, ...handled.slice(3)]
const inAMinute: GivenTask = { onEvent: (_event, ctx) => Effect.orDie(ctx.schedule("1 minute")) }

describe.each(storages)("the order of a task's events on $name", ({ open }) => {
  it.effect("the first event begins the instance and leaves it idle", () =>
    Effect.gen(function*() {
      const { path, send, state } = yield* playTask(open, adding())
      assert.deepStrictEqual(yield* send(2), { instanceId, created: true, scheduledAt: null, status: "idle" })
      assert.deepStrictEqual(yield* path, [...created, ...handled])
      assert.deepStrictEqual(yield* state, { n: 2 })
    }))

  it.effect("a further event is one of the same incarnation", () =>
    Effect.gen(function*() {
      const { events, mark, send, state } = yield* playTask(open, adding())
      yield* send(2)
      const after = yield* mark
      assert.deepStrictEqual(yield* send(3), { instanceId, created: false, scheduledAt: null, status: "idle" })
      assert.deepStrictEqual(yield* after, handled)
      assert.deepStrictEqual(yield* state, { n: 5 })
      const received = (yield* events).flatMap((event) => event.type === "task.event.received" ? [event] : [])
      assert.deepStrictEqual(
        received.map(({ event, eventCount, isFirstEvent }) => ({ event, eventCount, isFirstEvent })),
        [
          { event: { add: 2 }, eventCount: 1, isFirstEvent: true },
          { event: { add: 3 }, eventCount: 2, isFirstEvent: false }
        ]
      )
    }))

  it.effect("an event that schedules, and one that schedules again", () =>
    Effect.gen(function*() {
      const { mark, path, send, task } = yield* playTask(open, adding(inAMinute))
      assert.deepStrictEqual(yield* send(2), { instanceId, created: true, scheduledAt: 60_000, status: "active" })
      assert.deepStrictEqual(yield* path, [...created, ...scheduling("alarm.scheduled(task)")])
      const after = yield* mark
      yield* send(1)
      assert.deepStrictEqual(yield* after, scheduling("alarm.scheduled(task replaces)"))
      assert.deepInclude(yield* task.status({ id }), { status: "active", scheduledAt: 60_000, eventCount: 2 })
    }))

  it.effect("an event that leaves the alarm alone, and one that cancels it", () =>
    Effect.gen(function*() {
      const { mark, send } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            add === 1 ? Effect.orDie(ctx.schedule("1 minute")) : add === 2 ? Effect.void : ctx.cancelSchedule
        })
      )
      yield* send(1)
      const untouched = yield* mark
      assert.deepInclude(yield* send(2), { scheduledAt: 60_000 })
      assert.deepStrictEqual(yield* untouched, [...handled.slice(0, 2), ...handled.slice(3)])
      const cancelled = yield* mark
      assert.deepInclude(yield* send(3), { scheduledAt: null, status: "idle" })
      assert.deepStrictEqual(yield* cancelled, [...handled.slice(0, 2), "alarm.cancelled(task)", ...handled.slice(2)])
    }))

  it.effect("the alarm runs execute", () =>
    Effect.gen(function*() {
      const { events, mark, send, state, task } = yield* playTask(
        open,
        adding({ ...inAMinute, execute: (ctx) => ctx.setState({ n: ctx.executeCount }) })
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
      assert.deepInclude(yield* task.status({ id }), { status: "idle", executeCount: 1, eventCount: 1 })
      const executions = (yield* events).filter(({ type }) => type === "execution.started")
      assert.deepStrictEqual(executions.map(({ executionId }) => executionId?.split(":").at(-1)), ["e1", "x1"])
      assert.deepStrictEqual(executions.map((event) => "handler" in event ? event.handler : ""), ["onEvent", "execute"])
      assert.deepStrictEqual(executions.map((event) => "runCount" in event ? event.runCount : 0), [1, 2])
    }))

  it.effect("execute that schedules itself again goes on by itself", () =>
    Effect.gen(function*() {
      const { mark, send } = yield* playTask(
        open,
        adding({ ...inAMinute, execute: (ctx) => Effect.orDie(ctx.schedule({ minutes: 1 })) })
      )
      yield* send(2)
      const after = yield* mark
      yield* TestClock.adjust("2 minutes")
      const run = ["alarm.fired(task)", "execution.started(alarm 1)", "alarm.scheduled(task)", "execution.succeeded"]
      assert.deepStrictEqual(yield* after, [...run, ...run])
    }))

  it.effect("a trigger leaves the alarm alone", () =>
    Effect.gen(function*() {
      const { mark, send, state, task } = yield* playTask(
        open,
        adding({ ...inAMinute, execute: (ctx) => ctx.setState({ n: ctx.executeCount }) })
      )
      yield* send(2)
      const after = yield* mark
      assert.deepStrictEqual(yield* task.trigger({ id }), { instanceId, triggered: true })
      assert.deepStrictEqual(yield* after, ["execution.started(trigger 1)", "execution.succeeded"])
      assert.deepInclude(yield* task.status({ id }), { scheduledAt: 60_000 })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* state, { n: 2 })
    }))

  it.effect("onIdle runs after task.idle, and what it schedules follows", () =>
    Effect.gen(function*() {
      const { path, send } = yield* playTask(
        open,
        adding({
          onIdle: (ctx) =>
            Effect.andThen(Effect.orDie(ctx.schedule("1 hour")), ctx.updateState(({ n }) => ({ n: n + 1 })))
        })
      )
      assert.deepInclude(yield* send(2), { scheduledAt: 3_600_000, status: "active" })
      assert.deepStrictEqual(yield* path, [
        ...created,
        ...handled.slice(0, 3),
        "alarm.scheduled(task)",
        ...handled.slice(3)
      ])
    }))

  it.effect("a handler that cancels and an onIdle that schedules say both", () =>
    Effect.gen(function*() {
      const { mark, send } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) => add === 1 ? Effect.orDie(ctx.schedule("1 minute")) : ctx.cancelSchedule,
          onIdle: (ctx) => Effect.orDie(ctx.schedule("1 hour"))
        })
      )
      yield* send(1)
      const after = yield* mark
      yield* send(2)
      assert.deepStrictEqual(yield* after, [
        ...handled.slice(0, 2),
        "alarm.cancelled(task)",
        "task.idle(onEvent)",
        "alarm.scheduled(task)",
        ...handled.slice(3)
      ])
    }))

  it.effect("a handler that terminates", () =>
    Effect.gen(function*() {
      const { events, mark, send, task } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            add === 1
              ? Effect.orDie(ctx.schedule("1 minute"))
              : Effect.andThen(Effect.orDie(ctx.schedule("1 hour")), ctx.terminate({ reason: "enough" }))
        })
      )
      yield* send(1)
      const after = yield* mark
      assert.deepStrictEqual(yield* send(2), { instanceId, created: false, scheduledAt: null, status: "notFound" })
      assert.deepStrictEqual(yield* after, [
        "task.event.received",
        "execution.started(event 1)",
        "execution.succeeded(terminated)",
        "task.event.processed(true)",
        "alarm.cancelled(task)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)"
      ])
      assert.deepInclude((yield* events).at(-1), { reason: "enough" })
      assert.deepStrictEqual(yield* task.status({ id }), {
        status: "notFound",
        scheduledAt: null,
        createdAt: null,
        eventCount: 0,
        executeCount: 0
      })
    }))

  it.effect("execute that terminates", () =>
    Effect.gen(function*() {
      const { mark, send } = yield* playTask(open, adding({ ...inAMinute, execute: (ctx) => ctx.terminate() }))
      yield* send(1)
      const after = yield* mark
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* after, [
        "alarm.fired(task)",
        "execution.started(alarm 1)",
        "execution.succeeded(terminated)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)"
      ])
    }))

  it.effect("onIdle that terminates: the job was idle before", () =>
    Effect.gen(function*() {
      const { path, send } = yield* playTask(open, adding({ onIdle: (ctx) => ctx.terminate() }))
      assert.deepInclude(yield* send(2), { created: true, status: "notFound" })
      assert.deepStrictEqual(yield* path, [
        ...created,
        ...handled.slice(0, 3),
        "execution.succeeded(terminated)",
        "task.event.processed(true)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)"
      ])
    }))

  it.effect("a client that terminates", () =>
    Effect.gen(function*() {
      const { mark, send, task } = yield* playTask(open, adding(inAMinute))
      yield* send(1)
      const after = yield* mark
      assert.deepStrictEqual(yield* task.terminate({ id, reason: "stop" }), { terminated: true, reason: "stop" })
      assert.deepStrictEqual(yield* after, ["alarm.cancelled(task)", "job.terminated(client)"])
      assert.deepInclude(yield* send(1), { created: true })
    }))

  it.effect("each event but the first of a step names the one that caused it", () =>
    Effect.gen(function*() {
      const { events, send } = yield* playTask(open, adding(inAMinute))
      yield* send(1)
      yield* TestClock.adjust("1 minute")
      const told = yield* events
      const typeOf = new Map(told.map(({ eventId, type }) => [eventId, type]))
      const causes = told.flatMap(({ parentEventId, type }) =>
        parentEventId === undefined ? [] : [[typeOf.get(parentEventId), type]]
      )
      assert.deepStrictEqual(causes, [
        ["job.created", "job.started"],
        ["job.started", "task.event.received"],
        ["task.event.received", "execution.started"],
        ["execution.started", "execution.succeeded"],
        ["execution.started", "task.event.processed"],
        ["alarm.fired", "execution.started"],
        ["execution.started", "execution.failed"]
      ])
    }))
})
