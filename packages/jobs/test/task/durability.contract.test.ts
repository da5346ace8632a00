import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, HostUnavailable, JobsHost } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, failingToAdd, type SumContext } from "../support/taskDefinitions.ts"
import { until } from "../support/until.ts"

const id = "a"
const instanceId = "task:job:a"

const inAMinute = adding({
  onEvent: ({ add }, ctx) => Effect.andThen(ctx.setState({ n: add }), Effect.orDie(ctx.schedule("1 minute")))
})

describe.each(storages)("what of a task outlives a runtime on $name", ({ open }) => {
  it.effect("an attempt of more than 20 ms is stored as begun, with its event", () =>
    Effect.gen(function*() {
      const { path, send, task } = yield* playTask(open, adding({ onEvent: () => Effect.sleep("1 second") }))
      const sending = yield* Effect.forkChild(send(1))
      yield* TestClock.adjust("19 millis")
      assert.deepInclude(yield* task.status({ id }), { status: "notFound" })
      yield* TestClock.adjust("1 millis")
      yield* until(Effect.map(task.status({ id }), ({ status }) => status === "active"))
      const begun = ["job.created", "job.started", "task.event.received", "execution.started(event 1)"]
      assert.deepStrictEqual(yield* path, begun)
      assert.deepInclude(yield* task.status({ id }), { status: "active", eventCount: 1 })
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(sending), { created: true })
    }))

  it.effect("state, schedule and counts", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* playTask(host, inAMinute)
      yield* first.send(3)
      const before = yield* first.task.status({ id })
      yield* first.close
      yield* TestClock.adjust("10 minutes")
      const second = yield* playTask(host, inAMinute)
      assert.deepStrictEqual(before, {
        status: "active",
        scheduledAt: 60_000,
        createdAt: 0,
        eventCount: 1,
        executeCount: 0
      })
      yield* second.settled
      assert.deepStrictEqual(yield* second.state, { n: 30 })
      assert.deepInclude(yield* second.task.status({ id }), { status: "idle", scheduledAt: null, executeCount: 1 })
      const fired = (yield* second.laterEvents).find(({ type }) => type === "alarm.fired")
      assert.deepInclude(fired, { lateByMs: 540_000 })
    }))

  it.effect("a caller who leaves does not cut the handler short", () =>
    Effect.gen(function*() {
      const { send, state } = yield* playTask(
        open,
        adding({ onEvent: ({ add }, ctx) => Effect.andThen(Effect.sleep("5 seconds"), ctx.setState({ n: add })) })
      )
      const sending = yield* Effect.forkChild(send(7), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(sending)
      yield* TestClock.adjust("4 seconds")
      yield* until(Effect.map(state, (state) => state?.n === 7))
    }))

  it.effect("a shutdown cuts off after the grace period, and the same attempt handles the same event again", () =>
    Effect.gen(function*() {
      const host = yield* open
      const seen: Array<string> = []
      const errors: Array<unknown> = []
      const definition = adding({
        onEvent: ({ add }, ctx) =>
          Effect.suspend(() => {
            seen.push(`${ctx.executionId.split(":").at(-1)}.${ctx.attempt} ${add}`)
            return seen.length === 1 ? Effect.never : ctx.setState({ n: add })
          }),
        onError: (error) => Effect.sync(() => errors.push(error))
      })
      const first = yield* playTask(host, definition, { gracePeriod: 1000 })
      const sending = yield* Effect.forkChild(Effect.exit(first.send(5)))
      yield* TestClock.adjust("20 millis")
      yield* until(Effect.map(first.task.status({ id }), ({ status }) => status === "active"))
      const before = yield* first.events
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(close)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(sending)))

      const second = yield* openRuntime(createJobRegistry({ job: definition }), host)
      const status = second.client.task("job").status({ id })
      yield* until(Effect.map(status, ({ status }) => status === "idle"))
      assert.deepStrictEqual(seen, ["e1.1 5", "e1.1 5"])
      assert.deepStrictEqual(errors, [])
      const after = yield* second.events
      assert.deepStrictEqual(after.map(({ sequence, type }) => [sequence, type]), [
        [5, "execution.started"],
        [6, "task.idle"],
        [7, "execution.succeeded"],
        [8, "task.event.processed"]
      ])
      assert.deepInclude(after[0], { recovered: true, trigger: "event", attempt: 1 })
      assert.strictEqual(after[0]?.executionId, before[3]?.executionId)
      assert.strictEqual(after[0]?.parentEventId, before[3]?.eventId)
      assert.deepInclude(yield* status, { eventCount: 1 })
    }))

  it.effect("a call that a shutdown cut off before its begin leaves nothing", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* playTask(host, adding({ onEvent: () => Effect.never }), { gracePeriod: 0 })
      const sending = yield* Effect.forkChild(Effect.flip(first.send(5)), { startImmediately: true })
      yield* first.close
      assert.strictEqual((yield* Fiber.join(sending))._tag, "HostUnavailable")
      const second = yield* playTask(host, adding())
      assert.deepInclude(yield* second.task.status({ id }), { status: "notFound" })
    }))

  it.effect("a retry that waits has its event", () =>
    Effect.gen(function*() {
      const host = yield* open
      const definition = failingToAdd(1)
      const first = yield* playTask(host, definition)
      yield* first.send(9)
      yield* first.close
      const second = yield* playTask(host, definition)
      yield* TestClock.adjust("1 second")
      yield* second.settled
      assert.deepStrictEqual(yield* second.state, { n: 9 })
    }))

  it.effect("an event that failed for good does not stay in the record", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const { send } = yield* playTask(Layer.succeed(JobsHost, host), adding({ onEvent: () => Effect.fail("no") }))
      yield* Effect.flip(send(1))
      assert.notInclude((yield* host.load(instanceId))?.record ?? `"event":`, `"event":`)
    }))

  it.effect("a kept failure has its event", () =>
    Effect.gen(function*() {
      const host = yield* open
      const definition = failingToAdd(1, { retry: { maxAttempts: 1, delay: 0 }, onExhausted: "keep" })
      const first = yield* playTask(host, definition)
      yield* Effect.flip(first.send(9))
      yield* first.close
      const second = yield* playTask(host, definition)
      assert.deepStrictEqual(yield* second.task.retry({ id }), { retried: true })
      assert.deepStrictEqual(yield* second.state, { n: 9 })
    }))

  it.effect("a host that fails uses up no attempt", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const disk = { isFull: false }
      const full = new HostUnavailable({ host: "test", problem: "The disk is full." })
      const layer = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) => disk.isFull ? Effect.fail(full) : host.commit(commit)
      })
      const attempts: Array<number> = []
      const { events, send, settled, state } = yield* playTask(
        layer,
        adding({
          retry: { maxAttempts: 1, delay: 0 },
          onEvent: (_event, ctx) => Effect.orDie(ctx.schedule("1 second")),
          execute: (ctx) => {
            attempts.push(ctx.attempt)
            return ctx.setState({ n: 1 })
          }
        })
      )
      yield* send(1)
      disk.isFull = true
      assert.strictEqual((yield* Effect.flip(send(2)))._tag, "HostUnavailable")
      yield* TestClock.adjust("1 second")
      yield* until(Effect.sync(() => attempts.length > 0))
      disk.isFull = false
      yield* TestClock.adjust("2 seconds")
      yield* settled
      assert.isTrue(attempts.every((attempt) => attempt === 1))
      assert.deepStrictEqual(yield* state, { n: 1 })
      assert.notInclude((yield* events).map(({ type }) => type), "execution.failed")
    }))
})

describe.each(storages)("due alarms of tasks on $name", ({ open }) => {
  it.effect("fire once, in due order, after a restart", () =>
    Effect.gen(function*() {
      const ran: Array<string> = []
      const definition = adding({
        onEvent: ({ add }, ctx) => Effect.orDie(ctx.schedule(add)),
        execute: (ctx: SumContext) => Effect.sync(() => ran.push(ctx.id))
      })
      const host = yield* open
      const first = yield* playTask(host, definition)
      for (const [id, add] of [["z", 3000], ["x", 1000], ["y", 2000]] as const) {
        yield* first.task.send({ id, event: { add } })
      }
      yield* first.close
      yield* TestClock.adjust("1 hour")
      const second = yield* playTask(host, definition)
      yield* TestClock.adjust(0)
      yield* until(Effect.sync(() => ran.length === 3))
      yield* second.close
      assert.deepStrictEqual(ran, ["x", "y", "z"])
    }))
})
