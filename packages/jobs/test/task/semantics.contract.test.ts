import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, JobsClient, Task } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding } from "../support/taskDefinitions.ts"

const id = "a"
const instanceId = "task:job:a"

describe.each(storages)("what a task promises on $name", ({ open }) => {
  it.effect("handlers of one instance never overlap: ten concurrent sends leave n = 10", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const { send, state } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.gen(function*() {
              most = Math.max(most, ++running)
              const state = yield* ctx.state
              yield* Effect.yieldNow
              yield* ctx.setState({ n: (state?.n ?? 0) + add })
              running -= 1
            })
        })
      )
      const answers = yield* Effect.forEach(Array.from({ length: 10 }), () => send(1), { concurrency: "unbounded" })
      assert.deepStrictEqual(answers.map(({ created }) => created), [true, ...Array.from({ length: 9 }, () => false)])
      assert.deepStrictEqual(yield* state, { n: 10 })
      assert.strictEqual(most, 1)
    }))

  it.effect("events, triggers and alarms of one instance never overlap either", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const slow = Effect.gen(function*() {
        most = Math.max(most, ++running)
        yield* Effect.sleep("50 millis")
        running -= 1
      })
      const { send, task } = yield* playTask(
        open,
        adding({
          onEvent: (_event, ctx) => Effect.andThen(slow, Effect.orDie(ctx.schedule("0 millis"))),
          execute: () => slow
        })
      )
      const calls = yield* Effect.forkChild(
        Effect.all([send(1), task.trigger({ id }), send(1), task.trigger({ id }), send(1)], {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(calls)
      assert.strictEqual(most, 1)
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 3, executeCount: 3 })
    }))

  it.effect("different instances run beside each other", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { task } = yield* playTask(
        open,
        adding({
          onEvent: (_event, ctx) => ctx.id === "slow" ? Deferred.await(gate) : Deferred.succeed(gate, undefined)
        })
      )
      const event = { add: 1 }
      yield* Effect.all([task.send({ id: "slow", event }), task.send({ id: "fast", event })], { concurrency: 2 })
      assert.deepInclude(yield* task.status({ id: "slow" }), { status: "idle", eventCount: 1 })
    }))

  it.effect.each([
    { event: { add: 0.5 }, field: "event.add" },
    { event: { add: "1" }, field: "event.add" },
    { event: {}, field: "event.add" },
    { event: null, field: "event" },
    { event: undefined, field: "event" }
  ])("a bad first event leaves nothing: $event", ({ event, field }) =>
    Effect.gen(function*() {
      const { dispatcher, events, task } = yield* playTask(open, adding())
      const error = yield* Effect.flip(dispatcher.handle({ type: "task", action: "send", name: "job", id, event }))
      assert.deepInclude(error, { _tag: "InvalidInput", target: instanceId, field })
      assert.deepInclude(yield* task.status({ id }), { status: "notFound" })
      assert.deepStrictEqual(yield* events, [])
    }))

  it.effect("an id that is none, and a name that is no task's, are refused", () =>
    Effect.gen(function*() {
      const { send, task } = yield* playTask(open, adding())
      assert.deepInclude(yield* Effect.flip(task.send({ id: "", event: { add: 1 } })), {
        _tag: "InvalidInput",
        field: "id"
      })
      assert.deepInclude(yield* send(1), { created: true })
      const other = yield* openRuntime(createJobRegistry({ other: adding() }), yield* open)
      const unknown = yield* Effect.flip(
        other.dispatcher.handle({ type: "task", action: "send", name: "job", id, event: { add: 1 } })
      )
      assert.deepInclude(unknown, { _tag: "JobNotFound", jobType: "task", known: ["other"] })
    }))

  it.effect("reads see what is committed and do not wait", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const { send, state, task } = yield* playTask(
        open,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.andThen(ctx.setState({ n: add }), add === 1 ? Effect.void : Deferred.await(go))
        })
      )
      yield* send(1)
      const sending = yield* Effect.forkChild(send(2), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* state, { n: 1 })
      assert.deepInclude(yield* task.status({ id }), { status: "active", eventCount: 2 })
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(sending)
      assert.deepStrictEqual(yield* state, { n: 2 })
    }))

  it.effect("a terminated id may be used again", () =>
    Effect.gen(function*() {
      const { events, send, state, task } = yield* playTask(open, adding())
      yield* send(5)
      yield* task.terminate({ id })
      assert.deepStrictEqual(yield* state, null)
      assert.deepInclude(yield* send(1), { created: true })
      assert.deepStrictEqual(yield* state, { n: 1 })
      assert.strictEqual(new Set((yield* events).map(({ incarnationId }) => incarnationId)).size, 2)
    }))

  it.effect("an alarm that is early, of another generation or of a life before does nothing", () =>
    Effect.gen(function*() {
      const { dispatcher, mark, send, task } = yield* playTask(
        open,
        adding({ onEvent: (_event, ctx) => Effect.orDie(ctx.schedule("1 minute")) })
      )
      yield* send(1)
      yield* task.terminate({ id })
      yield* send(1)
      const after = yield* mark
      yield* dispatcher.handleAlarm(instanceId)
      yield* dispatcher.handleAlarm(instanceId, 1)
      assert.deepStrictEqual(yield* after, [])
    }))

  it.effect("a call from inside carries its incarnation; to its own instance it is refused", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const parent = Task.make({
        stateSchema: Schema.Null,
        eventSchema: Schema.Null,
        onEvent: () =>
          Effect.gen(function*() {
            const client = yield* JobsClient
            yield* client.task("child").send({ id: "c", event: { add: 3 } })
            const own = client.task("parent")
            for (const call of [own.send({ id, event: null }), own.trigger({ id })]) {
              told.push((yield* Effect.flip<unknown, Error, never>(call)).message)
            }
          }),
        execute: () => Effect.void
      })
      const runtime = yield* openRuntime(createJobRegistry({ parent, child: adding() }), yield* open)
      yield* runtime.client.task("parent").send({ id, event: null })
      assert.deepStrictEqual(yield* runtime.client.task("child").getState({ id: "c" }), { state: { n: 3 } })
      assert.deepStrictEqual(told, [
        "task:parent:a: id: a handler cannot send its own instance, which would wait for it to end",
        "task:parent:a: id: a handler cannot trigger its own instance, which would wait for it to end"
      ])
      const events = yield* runtime.events
      const of = (name: string) => events.filter(({ jobName }) => jobName === name)
      assert.strictEqual(of("child")[0]?.parentIncarnationId, of("parent")[0]?.incarnationId)
      const order = events.map(({ jobName, type }) => `${jobName} ${type}`)
      assert.isBelow(order.indexOf("parent execution.started"), order.indexOf("child job.created"))
    }))

  it.effect("tasks that would wait for each other are told so", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const sendingTo = (name: string) =>
        Task.make({
          stateSchema: Schema.Null,
          eventSchema: Schema.Null,
          onEvent: () =>
            Effect.gen(function*() {
              const other = (yield* JobsClient).task(name)
              const sent = yield* Effect.result(other.send({ id, event: null }))
              if (sent._tag === "Failure") told.push(sent.failure.message)
            }),
          execute: () => Effect.void
        })
      const registry = createJobRegistry({ ping: sendingTo("pong"), pong: sendingTo("ping") })
      const runtime = yield* openRuntime(registry, yield* open)
      yield* runtime.client.task("ping").send({ id, event: null })
      assert.deepStrictEqual(told, [
        "task:ping:a: id: its handler waits for task:pong:a, which makes this call, so that both would wait for ever"
      ])
    }))
})
