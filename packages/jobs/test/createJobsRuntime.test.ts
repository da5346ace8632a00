import { createInMemoryTrackerLayer } from "@durable-effect/core"
import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Logger, References, Schema } from "effect"
import { TestClock } from "effect/testing"
import {
  Continuous,
  createJobRegistry,
  createJobsRuntime,
  type ExecutionFacts,
  ExecutionFailed,
  HostUnavailable,
  InvalidInput,
  JobNotFound,
  type JobRequest,
  JobsClient,
  jobsClient,
  JobsHost,
  JobsRuntime
} from "../src/index.ts"
import { counting, failing } from "./support/definitions.ts"
import { liveStorages } from "./support/storages.ts"
import { until } from "./support/until.ts"

class Mailer extends Context.Service<Mailer, { readonly send: (to: string) => Effect.Effect<void> }>()("test/Mailer") {}

const caught = (promise: Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: () => promise, catch: (error) => error }))

/** A runtime of promises, disposed with the test. */
const disposing = <Runtime extends { readonly dispose: () => Promise<void> }>(make: () => Runtime) =>
  Effect.acquireRelease(Effect.sync(make), (runtime) => Effect.promise(() => runtime.dispose()))

const registry = createJobRegistry({
  counting: counting(),
  broken: failing(9, { retry: { maxAttempts: 1, delay: 0 } })
})

/** A job that does not end the first time that it runs, and tells of itself the second time. */
const hangingOnce = Effect.gen(function*() {
  const started = yield* Deferred.make<void>()
  const ended = yield* Deferred.make<ExecutionFacts>()
  const hanging = Continuous.make({
    stateSchema: Schema.Struct({ n: Schema.Int }),
    schedule: Continuous.every("1 hour"),
    execute: (ctx) =>
      Effect.flatMap(
        Deferred.succeed(started, undefined),
        (isFirst) => isFirst ? Effect.never : Deferred.succeed(ended, ctx)
      )
  })
  return { ended, hanging, started }
})

describe("createJobsRuntime", () => {
  it.live("starts, triggers, asks and ends, with promises", () =>
    Effect.gen(function*() {
      const runtime = yield* disposing(() => createJobsRuntime(registry))
      const job = runtime.client.continuous("counting")
      yield* Effect.promise(async () => {
        await runtime.ready()
        assert.deepInclude(await job.start({ id: "a", input: { n: 5 } }), { created: true, status: "running" })
        assert.deepInclude(await job.trigger({ id: "a" }), { triggered: true })
        assert.deepStrictEqual(await job.getState({ id: "a" }), { state: { n: 7 } })
        assert.deepInclude(await job.status({ id: "a" }), { status: "running", runCount: 2 })
        assert.deepStrictEqual(await job.terminate({ id: "a" }), { terminated: true })
      })
    }))

  it.live("rejects with the typed error itself", () =>
    Effect.gen(function*() {
      const runtime = yield* disposing(() => createJobsRuntime(registry))
      const bad = yield* caught(runtime.client.continuous("counting").start({ id: "a", input: { n: 0.5 } }))
      assert.instanceOf(bad, InvalidInput)
      assert.strictEqual(bad.message, "continuous:counting:a: input.n: Expected an integer")
      const failed = yield* caught(runtime.client.continuous("broken").start({ id: "a", input: { n: 0 } }))
      assert.instanceOf(failed, ExecutionFailed)
      assert.strictEqual(failed.message, "continuous:broken:a failed: failure 1")
      const unknown = yield* caught(
        runtime.handle({ type: "continuous", action: "status", name: "count", id: "a" })
      )
      assert.instanceOf(unknown, JobNotFound)
      assert.strictEqual(
        unknown.message,
        "There is no continuous job named \"count\". Known: counting, broken. Add it to createJobRegistry."
      )
    }))

  it.live.each([
    { id: "", problem: "must be a text that is not empty" },
    { id: "a\0", problem: "must not contain NUL or half a surrogate pair" },
    { id: "\ud800", problem: "must not contain NUL or half a surrogate pair" },
    { id: "€".repeat(80), problem: "makes an instance id of 260 bytes; the most is 255" }
  ])("refuses an id that $problem", ({ id, problem }) =>
    Effect.gen(function*() {
      const runtime = yield* disposing(() => createJobsRuntime(registry))
      const error = yield* caught(runtime.client.continuous("counting").start({ id, input: { n: 0 } }))
      assert.deepInclude<object>(error instanceof InvalidInput ? error : {}, { field: "id", problem })
    }))

  it.live("refuses requests that no compiler has seen, by their field", () =>
    Effect.gen(function*() {
      const runtime = yield* disposing(() => createJobsRuntime(registry))
      const request = (text: string) => runtime.handle<JobRequest>(JSON.parse(text))
      const type = yield* caught(request(`{"type":"workflow","action":"status","name":"counting","id":"a"}`))
      assert.deepInclude<object>(type instanceof InvalidInput ? type : {}, { field: "type" })
      const action = yield* caught(request(`{"type":"continuous","action":"constructor","name":"counting","id":"a"}`))
      assert.deepInclude<object>(action instanceof InvalidInput ? action : {}, { field: "action" })
    }))

  it.live("gives definitions what they need", () =>
    Effect.gen(function*() {
      const sent: Array<string> = []
      const mailing = Continuous.make({
        stateSchema: Schema.Null,
        schedule: Continuous.every("1 hour"),
        execute: (ctx) => Effect.flatMap(Mailer, (mailer) => mailer.send(ctx.id))
      })
      const layer = Layer.succeed(Mailer, { send: (to) => Effect.sync(() => sent.push(to)) })
      const runtime = yield* disposing(() => createJobsRuntime(createJobRegistry({ mailing }), { layer }))
      yield* Effect.promise(() => runtime.client.continuous("mailing").start({ id: "a@b.c", input: null }))
      assert.deepStrictEqual(sent, ["a@b.c"])
    }))

  it.live("runs on the clock that its layer brings", () =>
    Effect.gen(function*() {
      const runtime = yield* disposing(() => createJobsRuntime(registry, { layer: TestClock.layer() }))
      const job = runtime.client.continuous("counting")
      yield* Effect.promise(() => job.start({ id: "a", input: { n: 0 } }))
      assert.deepInclude(yield* Effect.promise(() => job.status({ id: "a" })), { nextRunAt: 60_000 })
    }))

  it.live("annotates what handlers log, and gives each execution a span", () =>
    Effect.gen(function*() {
      const logged: Array<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }> = []
      const logger = Logger.make(({ fiber, message }) => {
        logged.push({ message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
      })
      const spans: Array<string> = []
      const talking = counting({
        execute: () =>
          Effect.gen(function*() {
            spans.push((yield* Effect.currentSpan).name)
            yield* Effect.log("hello")
            return yield* Effect.fail("no")
          })
      })
      const layer = Logger.layer([logger])
      const runtime = yield* disposing(() => createJobsRuntime(createJobRegistry({ talking }), { layer }))
      yield* caught(runtime.client.continuous("talking").start({ id: "a", input: { n: 0 } }))
      const annotations = { instanceId: "continuous:talking:a", jobName: "talking", runCount: 1, attempt: 1 }
      assert.deepStrictEqual(logged.map(({ message }) => message), [
        ["hello"],
        ["talking failed: no. No further attempt."]
      ])
      for (const line of logged) {
        const { executionId, ...others } = line.annotations
        assert.deepStrictEqual<object>(others, annotations)
        assert.match(String(executionId), /^[0-9a-f-]{36}:r1$/)
      }
      assert.deepStrictEqual(spans, ["job talking"])
    }))

  it.live("runs an alarm when a host brings it, and only when it is due", () =>
    Effect.gen(function*() {
      const runtime = yield* disposing(() => createJobsRuntime(registry))
      const job = runtime.client.continuous("counting")
      yield* Effect.promise(async () => {
        await job.start({ id: "a", input: { n: 0 } })
        await runtime.handleAlarm("continuous:counting:a")
        await runtime.handleAlarm("continuous:counting:nobody")
        assert.deepStrictEqual(await job.getState({ id: "a" }), { state: { n: 1 } })
      })
    }))

  it.live("gives events to any tracker's layer", () =>
    Effect.gen(function*() {
      const { handle, layer } = yield* createInMemoryTrackerLayer()
      const runtime = yield* disposing(() => createJobsRuntime(registry, { tracker: layer }))
      yield* Effect.promise(() => runtime.client.continuous("counting").start({ id: "a", input: { n: 0 } }))
      assert.isTrue(yield* handle.hasEvent("execution.succeeded"))
    }))

  it.live("posts events to an endpoint, also those that it had to wait with", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answerNext({ kind: "status", status: 503 })
      const runtime = yield* disposing(() =>
        createJobsRuntime(registry, {
          tracker: {
            endpoint: endpoint.url,
            env: "test",
            serviceKey: "jobs",
            flushInterval: 10,
            retry: { base: 1, max: 2 }
          }
        })
      )
      yield* Effect.promise(() => runtime.client.continuous("counting").start({ id: "a", input: { n: 0 } }))
      const stored = yield* endpoint.awaitStored(5)
      assert.deepStrictEqual(stored.map((event) => event["sequence"]), [1, 2, 3, 4, 5])
      assert.deepInclude(stored[0], { env: "test", serviceKey: "jobs" })
    }))

  it.live.each([
    { batchSize: undefined, sizes: [100, 100, 100] },
    { batchSize: 200, sizes: [200, 100] }
  ])("posts many events in few requests: batchSize $batchSize", ({ batchSize, sizes }) =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const memory = yield* Effect.provide(JobsHost, JobsHost.memory)
      const timestamp = "2026-01-01T00:00:00.000Z"
      const events = Array.from({ length: 300 }, (_, n) =>
        JSON.stringify({ type: "job.started", eventId: String(n), timestamp }))
      const instanceId = "continuous:counting:a"
      yield* memory.commit({ instanceId, expectedVersion: 0, record: null, alarm: null, events, entries: new Map() })
      yield* disposing(() =>
        createJobsRuntime(registry, {
          host: Layer.succeed(JobsHost, memory),
          tracker: { endpoint: endpoint.url, env: "test", serviceKey: "jobs", batchSize }
        })
      )
      yield* endpoint.awaitStored(300)
      const requests = yield* endpoint.requests()
      // They are sent at the same time, over two connections.
      assert.sameMembers(
        requests.map(({ events }) =>
          events.length
        ),
        sizes
      )
    }))

  it.live("tells who waits for the storage that it is disposed", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const memory = yield* Effect.provide(JobsHost, JobsHost.memory)
      const host = Layer.succeed(JobsHost, {
        ...memory,
        load: () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      })
      const runtime = createJobsRuntime(registry, { host, gracePeriod: 0 })
      yield* Effect.promise(() => runtime.ready())
      const refused = yield* Effect.forkChild(caught(runtime.client.continuous("counting").status({ id: "a" })), {
        startImmediately: true
      })
      yield* Deferred.await(asked)
      yield* Effect.promise(() => runtime.dispose())
      const error = yield* Fiber.join(refused)
      assert.instanceOf(error, HostUnavailable)
      assert.strictEqual(
        error.message,
        "The jobs runtime is disposed. It may have done what was asked: create a new one and repeat the call with its dedupeKey."
      )
    }))

  it.live("refuses calls once it is disposed, and disposes once", () =>
    Effect.gen(function*() {
      const runtime = createJobsRuntime(registry)
      yield* Effect.promise(() => Promise.all([runtime.dispose(), runtime.dispose()]))
      const error = yield* caught(runtime.client.continuous("counting").status({ id: "a" }))
      assert.instanceOf(error, HostUnavailable)
    }))
})

describe.each(liveStorages)("createJobsRuntime on $name", ({ open }) => {
  it.live("has calls on one instance wait for each other, and loses none", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { client } = yield* disposing(() => createJobsRuntime(registry, { host }))
      const job = client.continuous("counting")
      yield* Effect.promise(async () => {
        await Promise.all([
          job.start({ id: "a", input: { n: 0 } }),
          ...Array.from({ length: 20 }, () => job.trigger({ id: "a" }))
        ])
        assert.deepStrictEqual(await job.getState({ id: "a" }), { state: { n: 21 } })
      })
    }))

  it.live("stops the handler that a call waits for, when another call terminates its instance", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { hanging, started } = yield* hangingOnce
      const { client } = yield* disposing(() => createJobsRuntime(createJobRegistry({ hanging }), { host }))
      const job = client.continuous("hanging")
      const start = job.start({ id: "a", input: { n: 0 } })
      yield* Deferred.await(started)
      assert.deepStrictEqual(yield* Effect.promise(() => job.terminate({ id: "a" })), { terminated: true })
      assert.deepInclude(yield* Effect.promise(() => start), { created: true })
    }))

  it.live("tells who waits for a handler that a shutdown has cut it off, and runs it again in its next life", () =>
    Effect.gen(function*() {
      const { ended, hanging, started } = yield* hangingOnce
      const host = yield* open
      const runtime = createJobsRuntime(createJobRegistry({ hanging }), { host, gracePeriod: 0 })
      const start = caught(runtime.client.continuous("hanging").start({ id: "a", input: { n: 0 } }))
      const failure = yield* Effect.forkChild(start, { startImmediately: true })
      yield* Deferred.await(started)
      // The begin is stored within the merge window.
      yield* until(
        Effect.map(
          Effect.promise(() => runtime.client.continuous("hanging").status({ id: "a" })),
          (now) => now.status === "running"
        )
      )
      yield* Effect.promise(() => runtime.dispose())
      const error = yield* Fiber.join(failure)
      assert.instanceOf(error, HostUnavailable)
      assert.include(error.message, "was shut down while continuous:hanging:a ran")
      yield* disposing(() => createJobsRuntime(createJobRegistry({ hanging }), { host }))
      assert.deepInclude(yield* Deferred.await(ended), { attempt: 1, runCount: 1 })
    }))
})

describe("JobsRuntime.layer", () => {
  it.effect("is the same for Effect programs, on the test's clock", () =>
    Effect.gen(function*() {
      const job = (yield* jobsClient(registry)).continuous("counting")
      yield* job.start({ id: "a", input: { n: 0 } })
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* job.getState({ id: "a" }), { state: { n: 3 } })
      const untyped = (yield* JobsClient).continuous("counting")
      assert.deepInclude(yield* untyped.trigger({ id: "a" }), { triggered: true })
    }).pipe(Effect.provide(JobsRuntime.layer(registry, { host: JobsHost.memory }))))
})

describe("createJobRegistry", () => {
  it.each(["", "a:b"])("refuses the name %j", (name) => {
    assert.throws(() => createJobRegistry({ [name]: counting() }), /name must not be empty or contain a colon/)
  })
})
