import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { JobsHost } from "../../src/index.ts"
import { playTask } from "../support/playTask.ts"
import { storages } from "../support/storages.ts"
import { handled, noting, rowsOf } from "../support/taskBacklog.ts"
import { adding, threeAttempts } from "../support/taskDefinitions.ts"

const id = "a"
const instanceId = "task:job:a"

describe.each(storages)("events behind an execution that ends its instance, on $name", ({ open }) => {
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
})
