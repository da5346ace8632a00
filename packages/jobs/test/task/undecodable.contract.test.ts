import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, type HostUnavailable, JobsHost, Task } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd, Sum } from "../support/taskDefinitions.ts"
import { until } from "../support/until.ts"

const id = "a"
const instanceId = "task:job:a"

const inAMinute = adding({
  onEvent: ({ add }, ctx) => Effect.andThen(ctx.setState({ n: add }), Effect.orDie(ctx.schedule("1 minute")))
})

/** Of the events 1, 2 and 3 the second waits for its turn in front of the third, and can no longer be read. */
const openStuck = Effect.fnUntraced(function*(host: Layer.Layer<JobsHost, HostUnavailable>) {
  const first = yield* playTask(host, failingToAdd(9))
  for (const add of [1, 2, 3]) yield* first.send(add)
  yield* first.close

  const pickier = Task.make({
    stateSchema: Sum,
    eventSchema: Schema.Struct({ add: Schema.Int.check(Schema.makeFilter((add) => add !== 2)) }),
    retry: { maxAttempts: 9, delay: "1 second" },
    onEvent: ({ add }, ctx) => ctx.setState({ n: add }),
    execute: () => Effect.void
  })
  const second = yield* openRuntime(createJobRegistry({ job: pickier }), host)
  yield* TestClock.adjust("1 second")
  const task = second.client.task("job")
  yield* until(Effect.map(task.status({ id }), ({ status }) => status === "failed"))
  return { close: second.close, task }
})

describe.each(storages)("what is stored of a task and no longer fits, on $name", ({ open }) => {
  const Unit = Schema.Struct({ n: Schema.Int, unit: Schema.String })

  it.effect("a state: no user code runs until its schema accepts it again", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* playTask(host, inAMinute)
      yield* first.send(3)
      yield* first.close

      let ran = 0
      const count = () => Effect.sync(() => ++ran)
      const changed = Task.make({
        stateSchema: Unit,
        eventSchema: Schema.Struct({ add: Schema.Int }),
        onEvent: count,
        execute: count,
        onIdle: count,
        onError: count
      })
      const second = yield* openRuntime(createJobRegistry({ job: changed }), host)
      const task = second.client.task("job")
      const error = yield* Effect.flip(task.send({ id, event: { add: 1 } }))
      assert.deepInclude(error, { _tag: "StateUndecodable", instanceId })
      assert.include(error.message, "state.unit")
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* Effect.flip(task.trigger({ id })))._tag, "StateUndecodable")
      assert.strictEqual((yield* Effect.flip(task.getState({ id })))._tag, "StateUndecodable")
      assert.deepInclude(yield* task.status({ id }), { status: "failed", scheduledAt: null, eventCount: 1 })
      assert.deepInclude(yield* task.send({ id, event: { add: 1 } }), { created: false, status: "failed" })
      assert.strictEqual(ran, 0)
      yield* second.close

      const third = yield* playTask(host, inAMinute)
      assert.deepInclude(yield* third.task.trigger({ id }), { triggered: true })
      assert.deepStrictEqual(yield* third.state, { n: 30 })
      // What was scheduled before is so again, and by now due.
      yield* third.settled
      assert.deepInclude(yield* third.task.status({ id }), { status: "idle", executeCount: 2 })
    }))

  it.effect("the event of a retry that waits: it is not lost", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* playTask(host, failingToAdd(9))
      yield* first.send(3)
      yield* first.close

      const renamed = Task.make({
        stateSchema: Sum,
        eventSchema: Schema.Struct({ plus: Schema.Int }),
        onEvent: () => Effect.die("must not run"),
        execute: () => Effect.void
      })
      const second = yield* openRuntime(createJobRegistry({ job: renamed }), host)
      const error = yield* Effect.flip(second.client.task("job").trigger({ id }))
      assert.include(error.message, "event.plus")
      assert.deepInclude(yield* second.client.task("job").status({ id }), { status: "failed" })
      yield* second.close

      const third = yield* playTask(host, failingToAdd(0))
      assert.deepInclude(yield* third.task.trigger({ id }), { triggered: true })
      assert.deepStrictEqual(yield* third.state, { n: 3 })
    }))

  it.effect("an event that waits for its turn: it is not lost, and those behind it wait too", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { close, task } = yield* openStuck(host)
      assert.deepStrictEqual(yield* task.getState({ id }), { state: { n: 1 } })
      yield* close

      const third = yield* playTask(host, failingToAdd(0, { execute: () => Effect.void }))
      yield* third.task.trigger({ id })
      yield* third.settled
      assert.deepStrictEqual(yield* third.state, { n: 6 })
    }))

  it.effect("an event that waits for its turn and cannot be read is discarded alone", () =>
    Effect.gen(function*() {
      const { task } = yield* openStuck(yield* open)
      assert.deepStrictEqual(yield* task.discard({ id }), { discarded: true })
      // By then whoever has met the trouble has given the alarms free.
      yield* TestClock.adjust("1 second")
      yield* until(Effect.map(task.getState({ id }), ({ state }) => state?.n === 3))
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 1 })
      assert.deepStrictEqual(yield* task.discard({ id }), { discarded: false })
    }))

  it.effect("a record that cannot be read at all is left alone, until it is terminated", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      yield* host.commit({
        instanceId,
        expectedVersion: 0,
        record: `{"format":9}`,
        alarm: { dueAt: 1000, generation: 1 },
        events: [],
        entries: new Map(
          Array.from({ length: 1001 }, (_, place) => [`backlog:${place}`, { value: "{}", expiresAt: null }])
        )
      })
      const { send, task } = yield* playTask(Layer.succeed(JobsHost, host), adding())
      assert.strictEqual((yield* Effect.flip(send(1)))._tag, "StateUndecodable")
      assert.strictEqual((yield* Effect.flip(task.status({ id })))._tag, "StateUndecodable")
      assert.deepStrictEqual(yield* task.terminate({ id }), { terminated: true })
      assert.deepStrictEqual(yield* host.loadEntries(instanceId, { prefix: "backlog:", limit: 9 }), [])
      assert.deepInclude(yield* send(1), { created: true })
    }))

  it.effect("a row that has gone quarantines, and the rest is there to be terminated", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const layer = Layer.succeed(JobsHost, host)
      const first = yield* playTask(layer, failingToAdd(1))
      for (const add of [1, 2, 3]) yield* first.send(add)
      const stored = yield* host.load(instanceId)
      yield* host.commit({
        instanceId,
        expectedVersion: stored?.version ?? 0,
        record: stored?.record ?? null,
        alarm: { dueAt: 1000, generation: JSON.parse(stored?.record ?? "{}").generation },
        events: [],
        entries: new Map([["backlog:0000000000000001", null]])
      })
      yield* TestClock.adjust("1 second")
      yield* until(Effect.map(first.task.status({ id }), ({ status }) => status === "failed"))
      assert.deepStrictEqual(yield* first.state, { n: 1 })
      assert.deepStrictEqual(yield* first.task.terminate({ id }), { terminated: true })
      assert.deepStrictEqual(yield* host.loadEntries(instanceId, { prefix: "backlog:", limit: 9 }), [])
    }))
})
