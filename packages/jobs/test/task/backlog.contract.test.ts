import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { HostUnavailable, JobsHost } from "../../src/index.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { handled, noting, rowsOf } from "../support/taskBacklog.ts"
import { adding, threeAttempts } from "../support/taskDefinitions.ts"
import { until } from "../support/until.ts"

const id = "a"
const instanceId = "task:job:a"

describe.each(storages)("events that come behind an execution in progress, on $name", ({ open }) => {
  it.effect("are accepted at once and handled in order once it has ended, each an execution of its own", () =>
    Effect.gen(function*() {
      const { definition, log, world } = noting()
      const { mark, send, settled, state, task } = yield* playTask(open, definition)
      yield* send(-1)
      const after = yield* mark
      for (const add of [10, 20, 30]) {
        assert.deepStrictEqual(yield* send(add), { instanceId, created: false, scheduledAt: null, status: "active" })
      }
      assert.deepStrictEqual(log, ["-1.1"])
      assert.deepStrictEqual(yield* after, [])
      world.isHealed = true
      yield* TestClock.adjust("1 second")
      yield* settled
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "10.1", "20.1", "30.1"])
      assert.deepStrictEqual(yield* state, { n: 59 })
      assert.deepStrictEqual(yield* after, [
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 2)",
        ...handled.slice(2),
        ...handled,
        ...handled,
        ...handled
      ])
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 4 })
    }))

  it.effect("leave no row behind", () =>
    Effect.gen(function*() {
      const { definition, world } = noting()
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const layer = Layer.succeed(JobsHost, host)
      const { send, settled } = yield* playTask(layer, definition)
      yield* send(-1)
      yield* send(10)
      yield* send(20)
      assert.deepStrictEqual((yield* rowsOf(layer)).map(({ key }) => key), [
        "backlog:0000000000000001",
        "backlog:0000000000000002"
      ])
      world.isHealed = true
      yield* TestClock.adjust("1 second")
      yield* settled
      assert.deepStrictEqual(yield* rowsOf(layer), [])
      // Nor does an event stay in the record that has been handled.
      assert.notInclude((yield* host.load(instanceId))?.record ?? "", `"event":`)
    }))

  it.effect("wait for one among them that fails", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const { events, send, settled, state } = yield* playTask(
        open,
        adding({
          retry: threeAttempts,
          onEvent: ({ add }, ctx) =>
            Effect.suspend(() => {
              log.push(`${add}.${ctx.attempt}`)
              return add < 0 && ctx.attempt < 2 ? Effect.fail("no") : ctx.setState({ n: add })
            })
        })
      )
      yield* send(-1)
      yield* send(-2)
      yield* send(3)
      yield* TestClock.adjust("1 second")
      const retries = Effect.map(events, (told) => told.filter(({ type }) => type === "retry.scheduled").length)
      yield* until(Effect.map(retries, (count) => count === 2))
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "-2.1"])
      yield* TestClock.adjust("1 second")
      yield* settled
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "-2.1", "-2.2", "3.1"])
      assert.deepStrictEqual(yield* state, { n: 3 })
    }))

  it.effect("are handled after a trigger that runs the retry now, whose caller does not wait for them", () =>
    Effect.gen(function*() {
      const { definition, log, world } = noting()
      const { send, settled, state, task } = yield* playTask(open, definition)
      yield* send(-1)
      yield* send(10)
      world.isHealed = true
      assert.deepInclude(yield* task.trigger({ id }), { triggered: true })
      yield* TestClock.adjust(0)
      yield* settled
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "10.1"])
      assert.deepStrictEqual(yield* state, { n: 9 })
    }))

  it.effect("are validated before they are accepted", () =>
    Effect.gen(function*() {
      const { definition } = noting()
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const layer = Layer.succeed(JobsHost, host)
      const { send } = yield* playTask(layer, definition)
      yield* send(-1)
      const refused = yield* Effect.flip(send(0.5))
      assert.deepInclude(refused, { _tag: "InvalidInput", field: "event.add" })
      assert.deepStrictEqual(yield* rowsOf(layer), [])
    }))

  it.effect("are still there after a restart", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { definition, log, world } = noting()
      const first = yield* playTask(host, definition)
      yield* first.send(-1)
      for (let add = 1; add <= 12; add++) yield* first.send(add)
      yield* first.close
      world.isHealed = true
      const second = yield* playTask(host, definition)
      yield* TestClock.adjust("1 second")
      yield* second.settled
      assert.deepStrictEqual(log.slice(2), Array.from({ length: 12 }, (_, index) => `${index + 1}.1`))
      assert.deepInclude({ state: yield* second.state }, { state: { n: 77 } })
    }))

  it.effect("go on by the alarm when nothing is in front of them and the process has gone", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { definition, log, world } = noting({
        onEvent: ({ add }, ctx) =>
          Effect.suspend(() => {
            log.push(`${add}.${ctx.attempt}`)
            if (add < 0) return world.isHealed ? ctx.setState({ n: 0 }) : Effect.fail("no")
            return add === 1 && log.length < 4
              ? Effect.never
              : Effect.flatMap(ctx.state, (state) => ctx.setState({ n: (state?.n ?? 0) + add }))
          })
      })
      const first = yield* playTask(host, definition, { gracePeriod: 0 })
      yield* first.send(-1)
      yield* first.send(1)
      yield* first.send(2)
      world.isHealed = true
      yield* TestClock.adjust("1 second")
      yield* until(Effect.sync(() => log.length === 3))
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "1.1"])
      // The outcome of the one in front is stored, whatever becomes of the next.
      assert.deepStrictEqual(yield* first.state, { n: 0 })
      yield* first.close
      const second = yield* playTask(host, definition)
      yield* TestClock.adjust(0)
      yield* second.settled
      assert.deepStrictEqual(log.slice(3), ["1.1", "2.1"])
      assert.deepInclude({ state: yield* second.state }, { state: { n: 3 } })
    }))

  it.effect("wait behind an attempt that was cut off, for its recovery", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const disk = { isFull: false }
      const full = new HostUnavailable({ host: "test", problem: "The disk is full." })
      const layer = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) =>
          disk.isFull && commit.events.some((event) => event.includes("execution.succeeded"))
            ? Effect.fail(full)
            : host.commit(commit)
      })
      const log: Array<string> = []
      const { events, path, send, settled, state } = yield* playTask(
        layer,
        adding({
          onEvent: ({ add }, ctx) =>
            Effect.gen(function*() {
              log.push(`${add}.${ctx.attempt}`)
              yield* ctx.progress(0.5)
              const state = yield* ctx.state
              yield* ctx.setState({ n: (state?.n ?? 0) + add })
            })
        })
      )
      disk.isFull = true
      assert.strictEqual((yield* Effect.flip(send(1)))._tag, "HostUnavailable")
      assert.deepInclude(yield* send(2), { created: false, status: "active" })
      disk.isFull = false
      yield* TestClock.adjust("2 seconds")
      yield* settled
      assert.deepStrictEqual(yield* state, { n: 3 })
      assert.strictEqual(log.at(-1), "2.1")
      const started = (yield* events).flatMap((event) => event.type === "execution.started" ? [event] : [])
      assert.isTrue(started.some(({ executionId, recovered }) => recovered === true && executionId?.endsWith(":e1")))
      assert.deepStrictEqual((yield* path).slice(-5), handled)
    }))

  it.effect("ten at a time, sent while a retry waits, lose nothing", () =>
    Effect.gen(function*() {
      const { definition, world } = noting()
      const { send, settled, state, task } = yield* playTask(open, definition)
      yield* send(-1)
      const answers = yield* Effect.forEach(Array.from({ length: 10 }), () => send(1), { concurrency: "unbounded" })
      assert.isTrue(answers.every(({ status }) => status === "active"))
      world.isHealed = true
      const more = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 10 }), () => send(1), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(more)
      yield* TestClock.adjust(0)
      yield* settled
      assert.deepStrictEqual(yield* state, { n: 19 })
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 21 })
    }))
})
