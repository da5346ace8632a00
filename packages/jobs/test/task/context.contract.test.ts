import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Duration, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, InvalidInstant, NoState, Task, type TaskInstant } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, type SumContext } from "../support/taskDefinitions.ts"

const id = "a"
const year9999 = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

const scheduling = (when: TaskInstant) => adding({ onEvent: (_event, ctx) => Effect.orDie(ctx.schedule(when)) })

describe.each(storages)("what a task's handlers are given on $name", ({ open }) => {
  it.effect("facts of the instance and its counts, this execution included", () =>
    Effect.gen(function*() {
      const facts: Array<object> = []
      const note = (ctx: SumContext) =>
        Effect.sync(() => {
          const { attempt, createdAt, eventCount, executeCount, executionId, isFirstEvent, isRetry, runCount } = ctx
          const { id, incarnationId, instanceId, jobName } = ctx
          assert.deepStrictEqual({ id, instanceId, jobName }, { id: "a", instanceId: "task:job:a", jobName: "job" })
          const execution = executionId.replace(`${incarnationId}:`, "")
          facts.push({ execution, runCount, eventCount, executeCount, isFirstEvent, createdAt, attempt, isRetry })
        })
      const { send, task } = yield* playTask(
        open,
        adding({ onEvent: (_event, ctx) => note(ctx), execute: note, onIdle: note })
      )
      yield* TestClock.adjust("5 seconds")
      yield* send(1)
      yield* TestClock.adjust("5 seconds")
      yield* task.trigger({ id })
      yield* send(1)
      const first = { attempt: 1, isRetry: false, createdAt: 5000 }
      const e1 = { ...first, execution: "e1", runCount: 1, eventCount: 1, executeCount: 0, isFirstEvent: true }
      const e2 = { ...first, execution: "e2", runCount: 3, eventCount: 2, executeCount: 1, isFirstEvent: false }
      const x1 = { ...first, execution: "x1", runCount: 2, eventCount: 1, executeCount: 1, isFirstEvent: false }
      assert.deepStrictEqual(facts, [e1, e1, x1, x1, e2, e2])
    }))

  it.effect("no state before the first setState: null to read, a typed error to update", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const { send, state, task } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.gen(function*() {
              seen.push(yield* ctx.state)
              if (add === 0) return
              seen.push(yield* Effect.flip(ctx.updateState(({ n }) => ({ n: n + add }))))
              yield* ctx.setState({ n: 1 })
              yield* ctx.updateState(({ n }) => ({ n: n + add }))
              seen.push(yield* ctx.state)
            }).pipe(Effect.orDie)
        })
      )
      yield* send(0)
      assert.deepStrictEqual(yield* task.getState({ id }), { state: null })
      yield* send(5)
      assert.deepStrictEqual(seen, [null, null, new NoState({ instanceId: "task:job:a" }), { n: 6 }])
      assert.strictEqual(
        new NoState({ instanceId: "x" }).message,
        "x has no state yet that could be updated: call setState first"
      )
      assert.deepStrictEqual(yield* state, { n: 6 })
    }))

  it.effect("a state that is null is one", () =>
    Effect.gen(function*() {
      const updated: Array<number | null> = []
      const job = Task.make({
        stateSchema: Schema.NullOr(Schema.Int),
        eventSchema: Schema.Null,
        onEvent: (_event, ctx) => ctx.setState(null),
        execute: (ctx) =>
          ctx.updateState((state) => {
            updated.push(state)
            return 7
          })
      })
      const { client } = yield* openRuntime(createJobRegistry({ job }), yield* open)
      const task = client.task("job")
      yield* task.send({ id, event: null })
      yield* task.trigger({ id })
      assert.deepStrictEqual(updated, [null])
      assert.deepStrictEqual(yield* task.getState({ id }), { state: 7 })
    }))

  it.effect("state and events of their schemas' types, stored in encoded form", () =>
    Effect.gen(function*() {
      const job = Task.make({
        stateSchema: Schema.Struct({ at: Schema.DateTimeUtcFromString }),
        eventSchema: Schema.Struct({ at: Schema.DateTimeUtcFromString }),
        onEvent: ({ at }, ctx) => ctx.setState({ at: DateTime.add(at, { days: 1 }) }),
        execute: () => Effect.void
      })
      const { client, events } = yield* openRuntime(createJobRegistry({ job }), yield* open)
      yield* client.task("job").send({ id, event: { at: "2026-01-31T00:00:00.000Z" } })
      const { state } = yield* client.task("job").getState({ id })
      assert.strictEqual(state === null ? "" : DateTime.formatIso(state.at), "2026-02-01T00:00:00.000Z")
      const received = (yield* events).find((event) => event.type === "task.event.received")
      assert.deepStrictEqual(received?.event, { at: "2026-01-31T00:00:00.000Z" })
    }))

  it.effect.each<{ readonly name: string; readonly when: TaskInstant; readonly at: number }>([
    { name: "a text", when: "5 minutes", at: 310_000 },
    { name: "a Duration", when: Duration.seconds(7), at: 17_000 },
    { name: "an object", when: { hours: 1, seconds: 1 }, at: 3_611_000 },
    { name: "no time at all", when: "0 millis", at: 10_000 },
    { name: "a Date", when: new Date(50_000), at: 50_000 },
    { name: "a number of epoch milliseconds", when: 60_000, at: 60_000 },
    { name: "an instant that has passed", when: 3, at: 3 },
    { name: "a fraction, which is not rung before its time", when: 60_000.25, at: 60_001 },
    { name: "an instant after the last date", when: 1e300, at: year9999 }
  ])("schedule takes $name", ({ at, when }) =>
    Effect.gen(function*() {
      yield* TestClock.adjust("10 seconds")
      const { events, send } = yield* playTask(open, scheduling(when))
      const { scheduledAt } = yield* send(1)
      assert.strictEqual(scheduledAt, at)
      const scheduled = (yield* events).find((event) => event.type === "alarm.scheduled")
      assert.strictEqual(Date.parse(scheduled?.scheduledFor ?? ""), at)
    }))

  it.effect.each<{ readonly when: TaskInstant; readonly given: string }>([
    { when: Number.NaN, given: "NaN" },
    { when: -1, given: "-1" },
    { when: Infinity, given: "Infinity" },
    { when: new Date(Number.NaN), given: "Invalid Date" },
    { when: new Date(-1), given: new Date(-1).toString() },
    { when: "Infinity", given: "\"Infinity\"" },
    { when: "-5 minutes", given: "\"-5 minutes\"" },
    { when: { seconds: -1 }, given: "{\"seconds\":-1}" }
  ])("schedule refuses $given, and says so", ({ given, when }) =>
    Effect.gen(function*() {
      const { events, send, task } = yield* playTask(open, scheduling(when))
      const error = yield* Effect.flip(send(1))
      assert.strictEqual(error._tag, "ExecutionFailed")
      assert.include(error.message, new InvalidInstant({ given }).message)
      const failed = (yield* events).find((event) => event.type === "execution.failed")
      assert.strictEqual(failed?.error.name, "InvalidInstant")
      assert.deepInclude(yield* task.status({ id }), { status: "idle", scheduledAt: null })
    }))

  it.effect.each([null, undefined, "soon", true, 5n])(
    "schedule refuses %s from those without a compiler",
    (when) =>
      Effect.gen(function*() {
        const { send } = yield* playTask(
          open,
          adding({ onEvent: (_event, ctx) => Effect.orDie(Reflect.apply(ctx.schedule, ctx, [when])) })
        )
        const error = yield* Effect.flip(send(1))
        assert.include(error.message, "ctx.schedule takes a duration")
      })
  )

  it.effect("the schedule as it is at the moment, whoever has set it", () =>
    Effect.gen(function*() {
      const seen: Array<number | null> = []
      const { send } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.gen(function*() {
              seen.push(yield* ctx.getScheduledTime)
              yield* ctx.schedule(add)
              seen.push(yield* ctx.getScheduledTime)
              if (add === 200) yield* ctx.cancelSchedule
              seen.push(yield* ctx.getScheduledTime)
            }).pipe(Effect.orDie),
          onIdle: (ctx) => Effect.map(ctx.getScheduledTime, (at) => seen.push(at))
        })
      )
      yield* send(100)
      yield* send(200)
      assert.deepStrictEqual(seen, [null, 100, 100, 100, 200, null, null])
    }))

  it.effect("nothing is scheduled any more when execute runs on its alarm", () =>
    Effect.gen(function*() {
      const seen: Array<number | null> = []
      const { send } = yield* playTask(
        open,
        adding({
          onEvent: (_event, ctx) => Effect.orDie(ctx.schedule("1 second")),
          execute: (ctx) => Effect.map(ctx.getScheduledTime, (at) => seen.push(at))
        })
      )
      yield* send(1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen, [null])
    }))

  it.effect("what a handler schedules counts from its end on, not before", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      let runs = 0
      const { send, task } = yield* playTask(
        open,
        adding({
          onEvent: (_event, ctx) => Effect.andThen(Effect.orDie(ctx.schedule("1 second")), Deferred.await(go)),
          execute: () => Effect.sync(() => ++runs)
        })
      )
      const sending = yield* Effect.forkChild(send(1), { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* task.status({ id }), { status: "active", scheduledAt: null })
      assert.strictEqual(runs, 0)
      yield* Deferred.succeed(go, undefined)
      assert.deepInclude(yield* Fiber.join(sending), { scheduledAt: 1000 })
      yield* TestClock.adjust(0)
      assert.strictEqual(runs, 1)
    }))

  it.effect("progress, which tells of the execution", () =>
    Effect.gen(function*() {
      const { allEvents, events, send } = yield* playTask(
        open,
        adding({ onEvent: (_event, ctx) => ctx.progress(0.5, "half") })
      )
      yield* send(1)
      const [first] = yield* events
      const progress = (yield* allEvents).find(({ type }) => type === "task.progress")
      assert.deepInclude(progress, { type: "task.progress" })
      assert.deepInclude(JSON.parse(JSON.stringify(progress)).data, {
        task_id: `${first?.incarnationId}:e1`,
        plan_id: first?.incarnationId,
        progress: 0.5
      })
    }))
})
