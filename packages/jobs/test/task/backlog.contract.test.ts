import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { HostUnavailable, JobsHost } from "../../src/index.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { adding, type GivenTask, threeAttempts } from "../support/taskDefinitions.ts"
import { until } from "../support/until.ts"

const id = "a"
const instanceId = "task:job:a"
const handled = [
  "task.event.received",
  "execution.started(event 1)",
  "task.idle(onEvent)",
  "execution.succeeded",
  "task.event.processed(true)"
]

/** Notes the events it handles; what is negative fails until it is told to heal. */
const noting = (given: GivenTask = {}) => {
  const log: Array<string> = []
  const world = { isHealed: false }
  const definition = adding({
    retry: threeAttempts,
    onEvent: ({ add }, ctx) =>
      Effect.gen(function*() {
        log.push(`${add}.${ctx.attempt}`)
        if (add < 0 && !world.isHealed) return yield* Effect.fail("no")
        const state = yield* ctx.state
        yield* ctx.setState({ n: (state?.n ?? 0) + add })
      }),
    ...given
  })
  return { definition, log, world }
}

const rowsOf = (host: Layer.Layer<JobsHost, HostUnavailable>) =>
  Effect.flatMap(JobsHost, (service) => service.loadEntries(instanceId, { prefix: "backlog:", limit: 99 })).pipe(
    Effect.provide(host)
  )

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

  it.effect("open the next incarnation in the commit that ends theirs by failure", () =>
    Effect.gen(function*() {
      const { definition, log } = noting()
      const { events, mark, send, settled, state, task } = yield* playTask(open, definition)
      yield* send(-1)
      yield* send(10)
      yield* send(20)
      const after = yield* mark
      yield* TestClock.adjust("3 seconds")
      yield* settled
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "-1.3", "10.1", "20.1"])
      assert.deepStrictEqual((yield* after).slice(-17), [
        "execution.failed(false)",
        "task.event.processed(false)",
        "retry.exhausted(maxAttempts)",
        "job.failed",
        "job.terminated(retryExhausted)",
        "job.created",
        "job.started",
        ...handled,
        ...handled
      ])
      assert.deepStrictEqual(yield* state, { n: 30 })
      assert.deepInclude(yield* task.status({ id }), { status: "idle", eventCount: 2 })
      const received = (yield* events).flatMap((event) => event.type === "task.event.received" ? [event] : [])
      assert.deepStrictEqual(received.map(({ eventCount, isFirstEvent }) => [eventCount, isFirstEvent]), [
        [1, true],
        [1, true],
        [2, false]
      ])
    }))

  it.effect("open it with a generation of its own: a late alarm of the life before does nothing", () =>
    Effect.gen(function*() {
      const { definition } = noting({ retry: { maxAttempts: 2, delay: "1 second" } })
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const generation = Effect.map(host.load(instanceId), (stored) => JSON.parse(stored?.record ?? "{}").generation)
      const { send, settled, task } = yield* playTask(Layer.succeed(JobsHost, host), definition)
      yield* send(-1)
      for (let time = 0; time < 9; time++) yield* send(1)
      const before = yield* generation
      yield* Effect.flip(task.trigger({ id }))
      assert.isAbove(yield* generation, before)
      yield* settled
    }))

  it.effect("open the next incarnation also when no time is left for the retry", () =>
    Effect.gen(function*() {
      const { definition, log } = noting({ retry: { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" } })
      const { mark, send, settled, state } = yield* playTask(open, definition)
      yield* send(-1)
      yield* send(10)
      const after = yield* mark
      yield* TestClock.adjust("4 seconds")
      yield* settled
      assert.deepStrictEqual(log, ["-1.1", "10.1"])
      assert.deepStrictEqual(yield* after, [
        "alarm.fired(retry)",
        "task.event.processed(false)",
        "retry.exhausted(maxDuration)",
        "job.failed",
        "job.terminated(retryExhausted)",
        "job.created",
        "job.started",
        ...handled
      ])
      assert.deepStrictEqual(yield* state, { n: 10 })
    }))

  it.effect("open the next incarnation when the handler in front terminates", () =>
    Effect.gen(function*() {
      const { mark, send, settled, state } = yield* playTask(
        open,
        adding({
          retry: threeAttempts,
          onEvent: ({ add }, ctx) => {
            if (add > 0) return ctx.setState({ n: add })
            return ctx.attempt === 1 ? Effect.fail("no") : ctx.terminate()
          }
        })
      )
      yield* send(-1)
      yield* send(10)
      const after = yield* mark
      yield* TestClock.adjust("1 second")
      yield* settled
      assert.deepStrictEqual((yield* after).slice(3), [
        "execution.succeeded(terminated)",
        "task.event.processed(true)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)",
        "job.created",
        "job.started",
        ...handled
      ])
      assert.deepStrictEqual(yield* state, { n: 10 })
    }))

  it.effect("carry the trace and the parent of who sent them into the incarnation that they open", () =>
    Effect.gen(function*() {
      const { definition } = noting()
      const { dispatcher, events, send, settled } = yield* playTask(open, definition)
      yield* send(-1)
      yield* dispatcher.handle({
        type: "task",
        action: "send",
        name: "job",
        id,
        event: { add: 1 },
        parentIncarnationId: "the parent"
      }).pipe(Effect.withSpan("caller"))
      yield* TestClock.adjust("3 seconds")
      yield* settled
      const [first, ...later] = (yield* events).filter(({ type }) => type === "job.created")
      assert.strictEqual(first?.parentIncarnationId, undefined)
      assert.deepStrictEqual(later.map(({ parentIncarnationId }) => parentIncarnationId), ["the parent"])
      assert.notStrictEqual(later[0]?.traceId, later[0]?.incarnationId?.replaceAll("-", ""))
    }))

  it.effect("are discarded by a client that terminates", () =>
    Effect.gen(function*() {
      const { definition, log } = noting()
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const layer = Layer.succeed(JobsHost, host)
      const { mark, send, state, task } = yield* playTask(layer, definition)
      yield* send(-1)
      yield* send(10)
      const after = yield* mark
      assert.deepStrictEqual(yield* task.terminate({ id }), { terminated: true })
      assert.deepStrictEqual(yield* after, ["alarm.cancelled(retry)", "job.terminated(client)"])
      assert.deepStrictEqual(yield* rowsOf(layer), [])
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* send(5), { created: true })
      assert.deepStrictEqual(log, ["-1.1", "5.1"])
      assert.deepStrictEqual(yield* state, { n: 5 })
    }))

  it.effect("wait with a kept failure, and go on after its retry", () =>
    Effect.gen(function*() {
      const { definition, log, world } = noting({ onExhausted: "keep" })
      const { send, settled, state, task } = yield* playTask(open, definition)
      yield* send(-1)
      yield* send(10)
      yield* TestClock.adjust("3 seconds")
      assert.deepInclude(yield* task.status({ id }), { status: "failed" })
      assert.deepInclude(yield* send(99), { created: false, status: "failed" })
      world.isHealed = true
      assert.deepStrictEqual(yield* task.retry({ id }), { retried: true })
      yield* settled
      assert.deepStrictEqual(log, ["-1.1", "-1.2", "-1.3", "-1.1", "10.1"])
      assert.deepStrictEqual(yield* state, { n: 9 })
    }))

  it.effect("are not discarded with a kept failure: they open the next incarnation", () =>
    Effect.gen(function*() {
      const { definition, log } = noting({ onExhausted: "keep" })
      const { mark, send, settled, state, task } = yield* playTask(open, definition)
      yield* send(-1)
      yield* send(10)
      yield* TestClock.adjust("3 seconds")
      const after = yield* mark
      assert.deepStrictEqual(yield* task.discard({ id }), { discarded: true })
      yield* settled
      assert.deepStrictEqual(yield* after, ["job.terminated(discard)", "job.created", "job.started", ...handled])
      assert.deepStrictEqual(log.slice(3), ["10.1"])
      assert.deepStrictEqual(yield* state, { n: 10 })
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
