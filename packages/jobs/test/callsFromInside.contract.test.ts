import { noopTracker } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, HostUnavailable, JobsClient, type JobsError, JobsHost } from "../src/index.ts"
import { Count, type CountContext, counting } from "./support/definitions.ts"
import { assertOrdered } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"
import { settled } from "./worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }

/** A job with one attempt that uses the client. */
const calling = (execute: (ctx: CountContext) => Effect.Effect<unknown, unknown, JobsClient>) =>
  Continuous.make({
    stateSchema: Count,
    schedule: Continuous.every("1 hour"),
    retry: { maxAttempts: 1, delay: 0 },
    execute
  })

const other = (name: string) => Effect.map(JobsClient, (client) => client.continuous(name))

describe.each(storages)("a call from inside a job on $name", ({ open }) => {
  it.effect("is served in the grace period, when calls from outside are not", () =>
    Effect.gen(function*() {
      const host = yield* open
      const registry = createJobRegistry({
        child: counting({ execute: (ctx) => Effect.andThen(Effect.sleep("1 second"), ctx.setState({ n: 7 })) }),
        parent: calling(() =>
          Effect.gen(function*() {
            yield* Effect.sleep("2 seconds")
            yield* (yield* other("child")).start({ id, input })
          })
        )
      })
      const first = yield* openRuntime(registry, host)
      const start = yield* Effect.forkChild(first.client.continuous("parent").start({ id, input }))
      yield* TestClock.adjust("1 second")
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("1 second")
      const refused = yield* Effect.flip(first.client.continuous("child").start({ id: "b", input }))
      assert.strictEqual(refused._tag, "HostUnavailable")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(close)
      assert.deepInclude(yield* Fiber.join(start), { created: true })
      const second = yield* openRuntime(registry, host)
      assert.deepStrictEqual(yield* second.client.continuous("child").getState({ id }), { state: { n: 7 } })
    }))

  it.effect("that its caller leaves in the grace period is still waited for", () =>
    Effect.gen(function*() {
      const host = yield* open
      let runs = 0
      const registry = createJobRegistry({
        child: counting({
          execute: (ctx) => {
            runs += 1
            return Effect.andThen(Effect.sleep("3 seconds"), ctx.setState({ n: 7 }))
          }
        }),
        parent: calling(() =>
          Effect.gen(function*() {
            yield* Effect.sleep("2 seconds")
            yield* Effect.timeoutOption((yield* other("child")).start({ id, input }), "1 second")
          })
        )
      })
      const first = yield* openRuntime(registry, host)
      yield* Effect.forkChild(first.client.continuous("parent").start({ id, input }))
      yield* TestClock.adjust("1 second")
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(close)
      const second = yield* openRuntime(registry, host, { gracePeriod: 0 })
      assert.deepStrictEqual(yield* second.client.continuous("child").getState({ id }), { state: { n: 7 } })
      assert.strictEqual(runs, 1)
    }))

  it.effect("that a shutdown cuts off uses up no attempt: caller and called run again as the same", () =>
    Effect.gen(function*() {
      const host = yield* open
      const ran: Array<string> = []
      const note = (ctx: CountContext) => Effect.sync(() => ran.push(`${ctx.jobName} ${ctx.runCount}.${ctx.attempt}`))
      const registry = createJobRegistry({
        child: calling((ctx) => Effect.flatMap(note(ctx), (length) => length === 2 ? Effect.never : Effect.void)),
        parent: calling((ctx) =>
          Effect.gen(function*() {
            yield* note(ctx)
            yield* (yield* other("child")).start({ id, input })
          })
        )
      })
      const first = yield* openRuntime(registry, host, { gracePeriod: 1000 })
      const start = yield* Effect.forkChild(Effect.exit(first.client.continuous("parent").start({ id, input })))
      yield* TestClock.adjust("1 second")
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(close)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(start)))
      assert.deepStrictEqual(ran, ["parent 1.1", "child 1.1"])

      const second = yield* openRuntime(registry, host)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(ran.slice(2).toSorted(), ["child 1.1", "parent 1.1"])
      const types = (yield* second.events).map(({ type }) => type)
      assert.notInclude(types, "execution.failed")
      assert.deepInclude(yield* second.client.continuous("parent").status({ id }), { status: "running", attempt: 0 })
    }))

  it.effect("that the host cannot serve uses up no attempt, even when the handler would hide it", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const disk = { isFull: true }
      const full = new HostUnavailable({ host: "test", problem: "The disk is full." })
      const layer = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) => disk.isFull && commit.instanceId.includes("child") ? Effect.fail(full) : host.commit(commit)
      })
      const executions: Array<string> = []
      const served = yield* Deferred.make<void>()
      const registry = createJobRegistry({
        child: counting(),
        parent: calling((ctx) =>
          Effect.gen(function*() {
            executions.push(ctx.executionId)
            yield* Effect.ignore((yield* other("child")).start({ id, input }))
            yield* ctx.setState({ n: 1 })
            yield* Deferred.succeed(served, undefined)
          })
        )
      })
      const { client, events } = yield* openRuntime(registry, layer)
      const parent = client.continuous("parent")
      assert.strictEqual((yield* Effect.flip(parent.start({ id, input })))._tag, "HostUnavailable")
      assert.deepStrictEqual(yield* parent.getState({ id }), { state: { n: 0 } })
      disk.isFull = false
      yield* TestClock.adjust("2 seconds")
      yield* Deferred.await(served)
      // Waits for the attempt that is about to end.
      assert.deepStrictEqual(yield* parent.discard({ id }), { discarded: false })
      assert.deepStrictEqual(yield* parent.getState({ id }), { state: { n: 1 } })
      assert.strictEqual(new Set(executions).size, 1)
      const told = yield* events
      assertOrdered(told)
      assert.notInclude(told.map(({ type }) => type), "execution.failed")
    }))

  it.effect("that would close a circle of waiting is refused", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const definitions = {
        a: calling((ctx) =>
          Effect.gen(function*() {
            if (ctx.runCount === 1) yield* (yield* other("b")).start({ id, input })
          })
        ),
        b: calling(() => Effect.flatMap(other("c"), (c) => c.start({ id, input }))),
        c: calling(() =>
          Effect.gen(function*() {
            const trigger = (yield* other("a")).trigger({ id })
            told.push(yield* Effect.match(trigger, { onFailure: ({ message }) => message, onSuccess: () => "served" }))
          })
        )
      }
      const { client } = yield* openRuntime(createJobRegistry(definitions), yield* open, { gracePeriod: 0 })
      assert.deepInclude(yield* client.continuous("a").start({ id, input }), { created: true })
      yield* client.continuous("c").trigger({ id })
      assert.deepStrictEqual(told, [
        "continuous:a:a: id: its handler waits for continuous:c:a, which makes this call, so that both would wait for ever",
        "served"
      ])
    }))

  it.effect("that would close a circle at once, while the first call is being made, is refused", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const definitions = {
        a: calling(() => Effect.flatMap(other("b"), (b) => b.start({ id, input }))),
        b: calling(() =>
          Effect.gen(function*() {
            const trigger = (yield* other("a")).trigger({ id })
            told.push(yield* Effect.match(trigger, { onFailure: ({ _tag }) => _tag, onSuccess: () => "served" }))
          })
        )
      }
      // Without events, a commit in memory takes no time at all.
      const options = { gracePeriod: 0, tracker: noopTracker }
      const { client } = yield* openRuntime(createJobRegistry(definitions), yield* open, options)
      const start = yield* Effect.forkChild(client.continuous("a").start({ id, input }))
      yield* settled
      assert.isDefined(start.pollUnsafe())
      assert.deepStrictEqual(told, ["InvalidInput"])
    }))

  it.effect("that terminates whoever waits for it leaves others in peace", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const mayEnd = yield* Deferred.make<void>()
      const definitions = {
        a: calling(() => Effect.flatMap(other("b"), (b) => Effect.uninterruptible(b.start({ id, input })))),
        b: calling((ctx) =>
          Effect.gen(function*() {
            if (ctx.runCount > 1) return
            yield* (yield* other("a")).terminate({ id })
            yield* Deferred.await(mayEnd)
          })
        ),
        c: calling(() =>
          Effect.gen(function*() {
            const { triggered } = yield* (yield* other("b")).trigger({ id })
            told.push(triggered ? "triggered" : "not found")
          })
        )
      }
      const { client } = yield* openRuntime(createJobRegistry(definitions), yield* open)
      yield* Effect.forkChild(Effect.exit(client.continuous("a").start({ id, input })))
      yield* settled
      const start = yield* Effect.forkChild(client.continuous("c").start({ id, input }))
      yield* settled
      yield* Deferred.succeed(mayEnd, undefined)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(start)
      assert.deepStrictEqual(told, ["triggered"])
    }))

  it.effect("of a fiber that outlives its attempt is a call like any other", () =>
    Effect.gen(function*() {
      const signals = { go: yield* Deferred.make<void>(), closed: yield* Deferred.make<void>() }
      const triggered = yield* Deferred.make<object, unknown>()
      const refused = yield* Deferred.make<JobsError>()
      const registry = createJobRegistry({
        parent: calling((ctx) =>
          Effect.gen(function*() {
            if (ctx.runCount > 1) return
            const parent = yield* other("parent")
            const late = Effect.gen(function*() {
              yield* Deferred.await(signals.go)
              yield* Deferred.succeed(triggered, yield* parent.trigger({ id }))
              yield* Deferred.await(signals.closed)
              yield* Deferred.succeed(refused, yield* Effect.flip(parent.trigger({ id })))
            })
            yield* Effect.forkDetach(Effect.tapError(late, (error) => Deferred.fail(triggered, error)), {
              startImmediately: true
            })
          })
        )
      })
      const { client, close } = yield* openRuntime(registry, yield* open)
      yield* client.continuous("parent").start({ id, input })
      yield* Deferred.succeed(signals.go, undefined)
      assert.deepInclude(yield* Deferred.await(triggered), { triggered: true })
      yield* close
      yield* Deferred.succeed(signals.closed, undefined)
      assert.strictEqual((yield* Deferred.await(refused))._tag, "HostUnavailable")
    }))
})
