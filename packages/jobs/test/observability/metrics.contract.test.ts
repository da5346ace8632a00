import { type DeliveryVerdict, type EventTrackerService, noopTracker } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, JobMetrics, JobsHost } from "../../src/index.ts"
import { summing } from "../support/debounces.ts"
import { counting, failing } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { apart, readMetrics } from "../support/recorders.ts"
import { storages } from "../support/storages.ts"
import { until } from "../support/until.ts"
import { openPool, pass, pooling, settled } from "../worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }

const poolsOf = (shards: number) => ({
  sleeping: counting(),
  paused: pooling({ shards, concurrency: 2 }),
  retrying: pooling({ execute: () => Effect.fail("no"), retry: { maxAttempts: 2, delay: "1 hour" } }),
  unused: pooling()
})

describe.each(storages)("metrics on $name", ({ open }) => {
  it.effect("count attempts by job and outcome, and their durations", () =>
    Effect.gen(function*() {
      const registry = createJobRegistry({
        good: counting({ execute: () => Effect.sleep("2 seconds") }),
        ending: counting({ execute: (ctx) => ctx.terminate() }),
        bad: failing(9),
        long: counting({ execute: () => Effect.never }),
        batch: summing().definition
      })
      const { client } = yield* openRuntime(registry, yield* open)
      const good = yield* Effect.forkChild(client.continuous("good").start({ id, input }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(good)
      yield* client.continuous("ending").start({ id, input })
      yield* client.continuous("bad").start({ id, input })
      const long = yield* Effect.forkChild(client.continuous("long").start({ id, input }))
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("2 seconds")
      yield* client.continuous("long").terminate({ id })
      yield* Fiber.join(long)
      yield* client.debounce("batch").add({ id, event: { amount: 1 } })
      yield* client.debounce("batch").flush({ id })

      const metrics = yield* readMetrics
      assert.deepInclude(metrics, {
        "executions continuous good succeeded": 1,
        "executions continuous ending terminated": 1,
        "executions continuous bad failed": 3,
        "executions continuous long interrupted": 1,
        "executions debounce batch succeeded": 1,
        "retries continuous bad": 2,
        "execution.duration continuous good succeeded": { count: 1, sum: 2 },
        "execution.duration continuous bad failed": { count: 3, sum: 0 }
      })
      assert.notProperty(metrics, "execution.duration continuous long interrupted")
      assert.notProperty(metrics, "retries continuous good")
    }).pipe(apart))

  it.effect("tell how late alarms were", () =>
    Effect.gen(function*() {
      const host = yield* open
      const registry = createJobRegistry({ job: counting() })
      const first = yield* openRuntime(registry, host)
      yield* first.client.continuous("job").start({ id, input })
      yield* TestClock.adjust("1 minute")
      yield* first.close
      assert.deepInclude(yield* readMetrics, { "alarm.lateness continuous job": { count: 1, sum: 0 } })
      yield* TestClock.adjust("90 seconds")
      yield* openRuntime(registry, host)
      yield* TestClock.adjust(0)
      assert.deepInclude(yield* readMetrics, { "alarm.lateness continuous job": { count: 2, sum: 30 } })
    }).pipe(apart))

  it.effect("tell how many events wait in the outbox, and of a closed runtime none", () =>
    Effect.gen(function*() {
      const size = Effect.map(readMetrics, (metrics) => metrics["outbox.size"])
      const endpoint: { verdict: DeliveryVerdict } = { verdict: "retryLater" }
      const tracker: EventTrackerService = {
        ...noopTracker,
        deliver: (events) => Effect.sync(() => events.map(() => endpoint.verdict))
      }
      const host = yield* open
      const registry = createJobRegistry({ job: counting() })
      const first = yield* openRuntime(registry, host, { tracker })
      yield* first.client.continuous("job").start({ id, input })
      assert.strictEqual(yield* size, 5)
      yield* first.client.continuous("job").trigger({ id })
      assert.strictEqual(yield* size, 8)
      yield* first.close
      assert.strictEqual(yield* size, 0)

      const second = yield* openRuntime(registry, host, { tracker })
      yield* second.flush
      assert.strictEqual(yield* size, 8)
      endpoint.verdict = "delivered"
      yield* second.flush
      assert.strictEqual(yield* size, 0)
    }).pipe(apart))

  it.effect("tell of a large outbox that was found what of it was read", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Layer.build(yield* open), Context.get(JobsHost))
      for (let n = 0; n < 600; n++) {
        const instanceId = `continuous:job:${n}`
        const events = ["1", "2"]
        yield* host.commit({ instanceId, expectedVersion: 0, record: null, alarm: null, events, entries: new Map() })
      }
      const endpoint: { verdict: DeliveryVerdict } = { verdict: "retryLater" }
      const json = (texts: ReadonlyArray<string>) => Effect.sync(() => texts.map(() => endpoint.verdict))
      const deliver = Object.assign(
        (events: ReadonlyArray<unknown>) => Effect.sync(() => events.map(() => endpoint.verdict)),
        { json }
      )
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), Layer.succeed(JobsHost, host), {
        tracker: { ...noopTracker, deliver }
      })
      yield* runtime.flush
      assert.deepInclude(yield* readMetrics, { "outbox.size": 1000 })
      endpoint.verdict = "delivered"
      yield* runtime.flush
      assert.deepInclude(yield* readMetrics, { "outbox.size": 0 })
    }).pipe(apart))

  it.effect("tell how many items of a pool wait, and what became of those that ran", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, {
        retry: { maxAttempts: 2, delay: "1 minute" },
        execute: ({ n }) => n === 2 ? Effect.fail(new Error("no")) : Effect.sleep("10 seconds")
      }, { gracePeriod: 0 })
      for (const n of [1, 2, 3]) yield* pool.enqueue({ event: { n } })
      yield* pass("1 second")
      assert.deepInclude(yield* readMetrics, { "queue.depth workerPool pool": 2 })
      yield* pass("9 seconds")
      yield* pass("1 second")
      // The first has ended, the second waits for its retry and the third runs.
      assert.deepInclude(yield* readMetrics, {
        "queue.depth workerPool pool": 1,
        "executions workerPool pool succeeded": 1,
        "executions workerPool pool failed": 1
      })
      yield* pass("1 minute", 6)
      assert.deepInclude(yield* readMetrics, {
        "queue.depth workerPool pool": 0,
        "retries workerPool pool": 1,
        "executions workerPool pool succeeded": 2,
        "executions workerPool pool failed": 2,
        "alarm.lateness workerPool pool": { count: 1, sum: 0 }
      })
    }).pipe(apart))

  it.effect("tell how many items wait in a pool that nobody has called since a restart, and read no more for it", () =>
    Effect.gen(function*() {
      const host = Context.get(yield* Layer.build(yield* open), JobsHost)
      const loaded: Array<string> = []
      const watched = Layer.succeed(JobsHost, {
        ...host,
        load: (instanceId) =>
          Effect.suspend(() => {
            loaded.push(instanceId)
            return host.load(instanceId)
          })
      })
      const first = yield* openRuntime(createJobRegistry(poolsOf(2)), watched)
      for (const each of ["a", "b", "c"]) yield* first.client.continuous("sleeping").start({ id: each, input })
      const paused = first.client.workerPool("paused")
      const retrying = first.client.workerPool("retrying")
      yield* paused.enqueue({ event: input })
      yield* paused.pause()
      for (const partitionKey of ["a", "b", "c", "d"]) yield* paused.enqueue({ event: input, partitionKey })
      const { pending } = yield* paused.status()
      yield* retrying.enqueue({ event: input })
      yield* until(Effect.map(retrying.status(), ({ pending }) => pending === 1))
      yield* first.close
      assert.deepInclude(yield* readMetrics, {
        "queue.depth workerPool paused": 0,
        "queue.depth workerPool retrying": 0
      })

      loaded.length = 0
      // With one shard less, it goes on with those that it has.
      yield* openRuntime(createJobRegistry(poolsOf(1)), watched)
      yield* until(Effect.map(readMetrics, (metrics) => metrics["queue.depth workerPool retrying"] === 1))
      assert.deepInclude(yield* readMetrics, { "queue.depth workerPool paused": pending })
      yield* settled
      assert.deepStrictEqual(loaded.filter((instanceId) => instanceId.startsWith("continuous")), [])
      assert.notProperty(yield* readMetrics, "queue.depth workerPool unused")
    }).pipe(apart))

  it.effect("of two runtimes add up", () =>
    Effect.gen(function*() {
      for (const host of [yield* open, yield* open]) {
        const { client, flush } = yield* openRuntime(createJobRegistry({ job: counting() }), host)
        yield* client.continuous("job").start({ id, input })
        yield* flush
      }
      assert.deepInclude(yield* readMetrics, { "executions continuous job succeeded": 2, "outbox.size": 0 })
    }).pipe(apart))
})

describe("JobMetrics", () => {
  const job = { jobType: "workerPool", jobName: "mail" } as const
  const depth = Effect.map(readMetrics, (metrics) => metrics["queue.depth workerPool mail"])

  it.effect("adds up the queues of a job's instances, and forgets them when it closes", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        const metrics = Context.get(yield* Layer.build(JobMetrics.layer), JobMetrics)
        metrics.queueIs(job, "workerPool:mail:0", 3)
        metrics.queueIs(job, "workerPool:mail:1", 4)
        assert.strictEqual(yield* depth, 7)
        metrics.queueIs(job, "workerPool:mail:0", 1)
        metrics.queueIs(job, "workerPool:mail:1", 0)
        assert.strictEqual(yield* depth, 1)
      }).pipe(Effect.scoped)
      assert.strictEqual(yield* depth, 0)
    }).pipe(apart))

  it.effect("says its units", () =>
    Effect.gen(function*() {
      const metrics = Context.get(yield* Layer.build(JobMetrics.layer), JobMetrics)
      metrics.executed(job, "failed", 20)
      metrics.retried(job)
      metrics.alarmFired(job, 1)
      metrics.outboxGrew(1)
      metrics.queueIs(job, "workerPool:mail:0", 1)
      const context = yield* Effect.context()
      const units = Metric.snapshotUnsafe(context).map(({ attributes, id, type }) => [id, type, attributes?.["unit"]])
      assert.deepStrictEqual(units.toSorted(([a], [b]) => String(a).localeCompare(String(b))), [
        ["durable_effect.jobs.alarm.lateness", "Histogram", "s"],
        ["durable_effect.jobs.execution.duration", "Histogram", "s"],
        ["durable_effect.jobs.executions", "Counter", "{execution}"],
        ["durable_effect.jobs.outbox.size", "Gauge", "{event}"],
        ["durable_effect.jobs.queue.depth", "Gauge", "{item}"],
        ["durable_effect.jobs.retries", "Counter", "{retry}"]
      ])
    }).pipe(apart))

  it.effect("never says that less than nothing waits", () =>
    Effect.gen(function*() {
      const metrics = Context.get(yield* Layer.build(JobMetrics.layer), JobMetrics)
      metrics.outboxGrew(2)
      metrics.outboxGrew(-5)
      metrics.outboxGrew(1)
      assert.deepInclude(yield* readMetrics, { "outbox.size": 1 })
    }).pipe(apart))
})
