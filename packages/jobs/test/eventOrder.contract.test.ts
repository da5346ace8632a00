import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry } from "../src/index.ts"
import { counting, failing } from "./support/definitions.ts"
import { assertOrdered, path } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const created = ["job.created", "job.started"]
const alarmRun = [
  "alarm.fired(schedule)",
  "execution.started(alarm 1)",
  "execution.succeeded",
  "alarm.scheduled(schedule)"
]

describe.each(storages)("the order of events on $name", ({ open }) => {
  const play = Effect.fnUntraced(function*(definition: ReturnType<typeof counting>) {
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
    const job = runtime.client.continuous("job")
    const told = Effect.tap(runtime.events, (events) => Effect.sync(() => assertOrdered(events)))
    return { job, events: told, path: Effect.map(told, path), id: "a", input: { n: 0 } }
  })

  it.effect("start runs at once and sets the alarm", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(counting())
      const answer = yield* job.start({ id, input })
      assert.deepStrictEqual(answer, { instanceId: "continuous:job:a", created: true, status: "running" })
      assert.deepStrictEqual(yield* path, [
        ...created,
        "execution.started(start 1)",
        "execution.succeeded",
        "alarm.scheduled(schedule)"
      ])
    }))

  it.effect("start that waits for its first tick only sets the alarm", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(counting({ startImmediately: false }))
      yield* job.start({ id, input })
      assert.deepStrictEqual(yield* path, [...created, "alarm.scheduled(schedule)"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* path).slice(3), alarmRun)
    }))

  it.effect("a second start says nothing", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(counting())
      yield* job.start({ id, input })
      const before = yield* path
      assert.deepStrictEqual(yield* job.start({ id, input: { n: 9 } }), {
        instanceId: "continuous:job:a",
        created: false,
        status: "running"
      })
      assert.deepStrictEqual(yield* path, before)
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
    }))

  it.effect("each tick runs once, each run an execution of its own", () =>
    Effect.gen(function*() {
      const { events, id, input, job, path } = yield* play(counting())
      yield* job.start({ id, input })
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual((yield* path).slice(5), [...alarmRun, ...alarmRun, ...alarmRun])
      const runs = (yield* events).filter(({ type }) => type === "execution.started")
      assert.deepStrictEqual(runs.map(({ executionId }) => executionId?.split(":").at(-1)), ["r1", "r2", "r3", "r4"])
    }))

  it.effect("trigger replaces the alarm", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(counting())
      yield* job.start({ id, input })
      assert.deepStrictEqual(yield* job.trigger({ id }), { triggered: true, terminated: false, retryScheduled: false })
      assert.deepStrictEqual((yield* path).slice(5), [
        "execution.started(trigger 1)",
        "execution.succeeded",
        "alarm.scheduled(schedule replaces)"
      ])
    }))

  it.effect("a failure that is retried until it is none", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(failing(2))
      yield* job.start({ id, input })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* path, [
        ...created,
        "execution.started(start 1)",
        "execution.failed(true)",
        "alarm.scheduled(retry)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 2)",
        "execution.failed(true)",
        "alarm.scheduled(retry)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 3)",
        "execution.succeeded",
        "alarm.scheduled(schedule)"
      ])
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 3 } })
    }))

  it.effect("a trigger while a retry waits runs that retry", () =>
    Effect.gen(function*() {
      const { events, id, input, job, path } = yield* play(failing(1))
      yield* job.start({ id, input })
      yield* job.trigger({ id })
      assert.deepStrictEqual((yield* path).slice(6), [
        "retry.attempted",
        "execution.started(trigger 2)",
        "execution.succeeded",
        "alarm.scheduled(schedule replaces)"
      ])
      const executions = new Set((yield* events).flatMap(({ executionId }) => executionId ?? []))
      assert.strictEqual(executions.size, 1)
    }))

  it.effect("no attempt left", () =>
    Effect.gen(function*() {
      const { events, id, input, job, path } = yield* play(failing(9))
      yield* job.start({ id, input })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual((yield* path).slice(-7), [
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 3)",
        "execution.failed(false)",
        "retry.exhausted(maxAttempts)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
      const exhausted = (yield* events).find((event) => event.type === "retry.exhausted")
      assert.deepInclude(exhausted, { attempts: 3, totalDurationMs: 3000 })
      assert.strictEqual(exhausted?.lastError.message, "failure 3")
      const failed = (yield* events).find((event) => event.type === "job.failed")
      assert.deepInclude(failed, { finalState: { n: 0 }, attempt: 3, runCount: 1, reason: "retryExhausted" })
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
    }))

  it.effect("no attempt left while the next tick waits", () =>
    Effect.gen(function*() {
      const retry = { maxAttempts: 1, delay: 0 }
      const { id, input, job, path } = yield* play(failing(9, { retry, startImmediately: false }))
      yield* job.start({ id, input })
      const error = yield* Effect.flip(job.trigger({ id }))
      assert.strictEqual(error._tag, "ExecutionFailed")
      assert.deepStrictEqual((yield* path).slice(3), [
        "execution.started(trigger 1)",
        "execution.failed(false)",
        "retry.exhausted(maxAttempts)",
        "alarm.cancelled(schedule)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
    }))

  it.effect("no time left for the retry that waited", () =>
    Effect.gen(function*() {
      const retry = { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" } as const
      const { id, input, job, path } = yield* play(failing(9, { retry }))
      yield* job.start({ id, input })
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual((yield* path).slice(-4), [
        "alarm.fired(retry)",
        "retry.exhausted(maxDuration)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
    }))

  it.effect("a kept failure ends with its discard", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(failing(9, { onExhausted: "keep" }))
      yield* job.start({ id, input })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual((yield* path).slice(-2), ["retry.exhausted(maxAttempts)", "job.failed"])
      assert.deepStrictEqual(yield* job.discard({ id }), { discarded: true })
      assert.deepStrictEqual((yield* path).slice(-1), ["job.terminated(discard)"])
    }))

  it.effect("a kept failure that is retried is a new incarnation", () =>
    Effect.gen(function*() {
      const { events, id, input, job, path } = yield* play(failing(3, { onExhausted: "keep" }))
      yield* job.start({ id, input })
      yield* TestClock.adjust("3 seconds")
      const before = (yield* path).length
      assert.deepStrictEqual(yield* job.retry({ id }), { retried: true })
      assert.deepStrictEqual((yield* path).slice(before), [
        ...created,
        "execution.started(retry 1)",
        "execution.succeeded",
        "alarm.scheduled(schedule)"
      ])
      assert.strictEqual(new Set((yield* events).map(({ incarnationId }) => incarnationId)).size, 2)
    }))

  it.effect("a failure without a retry policy keeps the schedule", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(counting({ execute: () => Effect.die("broken") }))
      const error = yield* Effect.flip(job.start({ id, input }))
      assert.strictEqual(error._tag, "ExecutionFailed")
      assert.deepStrictEqual((yield* path).slice(-2), ["execution.failed(false)", "alarm.scheduled(schedule)"])
      assert.deepInclude(yield* job.status({ id }), { status: "running", nextRunAt: 60_000 })
    }))

  it.effect("a handler that terminates", () =>
    Effect.gen(function*() {
      const { id, input, job, path } = yield* play(
        counting({
          execute: (ctx) => Effect.flatMap(ctx.state, ({ n }) => n === 0 ? ctx.setState({ n: 1 }) : ctx.terminate())
        })
      )
      yield* job.start({ id, input })
      const answer = yield* job.trigger({ id })
      assert.deepStrictEqual(answer, { triggered: true, terminated: true, retryScheduled: false })
      assert.deepStrictEqual((yield* path).slice(5), [
        "execution.started(trigger 1)",
        "execution.succeeded(terminated)",
        "alarm.cancelled(schedule)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)"
      ])
    }))

  it.effect("a client that terminates", () =>
    Effect.gen(function*() {
      const { events, id, input, job, path } = yield* play(counting())
      yield* job.start({ id, input })
      assert.deepStrictEqual(yield* job.terminate({ id, reason: "enough" }), { terminated: true, reason: "enough" })
      assert.deepStrictEqual((yield* path).slice(5), ["alarm.cancelled(schedule)", "job.terminated(client)"])
      assert.deepInclude((yield* events).at(-1), { reason: "enough", runCount: 1 })
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* path).length, 7)
      yield* job.start({ id, input })
      assert.deepStrictEqual((yield* path).slice(7, 9), created)
    }))

  it.effect("a client that terminates while a retry waits", () =>
    Effect.gen(function*() {
      const { events, id, input, job, path } = yield* play(failing(9))
      yield* job.start({ id, input })
      yield* job.terminate({ id })
      assert.deepStrictEqual((yield* path).slice(6), ["alarm.cancelled(retry)", "job.terminated(client)"])
      assert.match((yield* events).at(-2)?.executionId ?? "", /:r1$/)
    }))

  it.effect("an input that its schema refuses leaves nothing behind", () =>
    Effect.gen(function*() {
      const { id, job, path } = yield* play(counting())
      const error = yield* Effect.flip(job.start({ id, input: { n: 0.5 } }))
      assert.deepInclude(error, { _tag: "InvalidInput", field: "input.n" })
      assert.deepStrictEqual(yield* path, [])
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
    }))

  it.effect("each event names what led to it", () =>
    Effect.gen(function*() {
      const { events, id, input, job } = yield* play(failing(1))
      yield* job.start({ id, input })
      yield* TestClock.adjust("1 second")
      const all = yield* events
      const typeOf = (eventId: string | undefined) => all.find((event) => event.eventId === eventId)?.type
      const led = all.flatMap(({ parentEventId, type }) =>
        parentEventId === undefined ? [] : [[typeOf(parentEventId), type]]
      )
      assert.deepStrictEqual(led, [
        ["job.created", "job.started"],
        ["job.started", "execution.started"],
        ["execution.started", "execution.failed"],
        ["execution.failed", "retry.scheduled"],
        ["alarm.fired", "retry.attempted"],
        ["retry.attempted", "execution.started"],
        ["execution.started", "execution.succeeded"]
      ])
    }))
})
