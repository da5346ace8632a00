import {
  type BaseTrackingEvent,
  type DeliveryVerdict,
  type EventTrackerService,
  type JobEvent,
  noopTracker
} from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { eventTexts } from "../src/events/eventLines.ts"
import {
  createJobRegistry,
  Debounce,
  emitJobEvent,
  type JobsError,
  JobsHost,
  type Redact,
  WorkerPool
} from "../src/index.ts"
import { summing } from "./support/debounces.ts"
import { Count, type CountContext, counting, failing } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"
import { until } from "./support/until.ts"

const id = "a"
const input = { n: 0 }

/** Shows what it was given, and how often. */
const bracketed: Redact = (field, value) => field === "error.stack" ? `<${String(value).slice(0, 9)}>` : value

const fails = () => Effect.fail(new TypeError("no"))

const stackOf = (error: JobsError): string => error._tag === "ExecutionFailed" ? error.error.stack ?? "" : error._tag

/** A tracker whose endpoint can go away. */
const makeEndpoint = () => {
  const taken: Array<BaseTrackingEvent> = []
  const endpoint = { verdict: "delivered" as DeliveryVerdict | "hang", calls: 0 }
  const tracker: EventTrackerService = {
    ...noopTracker,
    deliver: (events) =>
      Effect.suspend(() => {
        endpoint.calls += 1
        const { verdict } = endpoint
        if (verdict === "hang") return Effect.never
        if (verdict === "delivered") taken.push(...events)
        return Effect.succeed(events.map(() => verdict))
      })
  }
  return { endpoint, taken, tracker }
}

const talkative = (ctx: CountContext) => ctx.progress(1, "x".repeat(100_000))
const halfway = (ctx: CountContext) => Effect.andThen(ctx.progress(0.5, "half"), Effect.sleep("1 hour"))

const typesOf = (events: ReadonlyArray<BaseTrackingEvent>) => events.map(({ type }) => type)

/** What user code has no business to tell: it is in nobody's step. */
const forged = emitJobEvent({ type: "job.completed", reason: "drained", runCount: 99 })

const sequenceOf = (event: BaseTrackingEvent): number => "sequence" in event ? Number(event.sequence) : 0
const sequenceIn = (json: string): number => sequenceOf(JSON.parse(json))

describe.each(storages)("tracking on $name", ({ open }) => {
  it.effect("user code cannot put an event among those of its job", () =>
    Effect.gen(function*() {
      const count = counting({ execute: () => Effect.asVoid(forged) })
      const buffer = Debounce.make({
        eventSchema: Count,
        stateSchema: Count,
        flushAfter: "1 minute",
        onEvent: ({ event }) => Effect.as(forged, event),
        execute: () => Effect.asVoid(forged)
      })
      const runtime = yield* openRuntime(createJobRegistry({ count, buffer }), yield* open)
      yield* runtime.client.continuous("count").start({ id, input })
      yield* runtime.client.debounce("buffer").add({ id, event: input })
      yield* runtime.client.debounce("buffer").flush({ id })
      const told = yield* runtime.events
      assert.include(told.map(({ type }) => type), "execution.succeeded")
      assert.notInclude(JSON.stringify(told), "drained")
    }))

  it.effect("without a tracker no event is stored", () =>
    Effect.gen(function*() {
      const host = yield* Layer.build(yield* open).pipe(Effect.map(Context.get(JobsHost)))
      const stored: Array<string> = []
      const watched = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) =>
          Effect.suspend(() => {
            stored.push(...commit.events)
            return host.commit(commit)
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), watched, { tracker: noopTracker })
      yield* runtime.client.continuous("job").start({ id, input })
      yield* runtime.client.continuous("job").terminate({ id })
      assert.deepStrictEqual(stored, [])
    }))

  it.effect("a tracker that is away delays no call, and gets all events after a restart, once and in order", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { endpoint, taken, tracker } = makeEndpoint()
      endpoint.verdict = "retryLater"
      const registry = createJobRegistry({ job: counting() })
      const first = yield* openRuntime(registry, host, { tracker })
      yield* first.client.continuous("job").start({ id, input })
      yield* TestClock.adjust("1 minute")
      assert.isAbove(endpoint.calls, 1)
      assert.deepStrictEqual(taken, [])
      yield* first.close

      endpoint.verdict = "delivered"
      const second = yield* openRuntime(registry, host, { tracker })
      yield* second.client.continuous("job").trigger({ id })
      yield* second.flush
      assert.deepStrictEqual(
        taken.flatMap((event) => "sequence" in event ? [event.sequence] : []),
        Array.from({ length: 12 }, (_, index) => index + 1)
      )
      yield* second.close
      const outbox = Effect.flatMap(JobsHost, (host) => host.peekOutbox(9))
      assert.deepStrictEqual(yield* Effect.provide(outbox, host), [])
    }))

  it.effect.each(["events", "JSON"])(
    "gives a tracker of %s again only what has no verdict yet",
    (kind) =>
      Effect.gen(function*() {
        const given: Array<ReadonlyArray<number>> = []
        const everySecond = (sequences: ReadonlyArray<number>) => {
          given.push(sequences)
          return Effect.succeed(
            sequences.map((sequence) =>
              sequence % 2 === given.length % 2 ? "delivered" as const : "retryLater" as const
            )
          )
        }
        const deliver = (events: ReadonlyArray<BaseTrackingEvent>) => everySecond(events.map(sequenceOf))
        const json = (texts: ReadonlyArray<string>) => everySecond(texts.map(sequenceIn))
        const tracker = { ...noopTracker, deliver: kind === "JSON" ? Object.assign(deliver, { json }) : deliver }
        const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open, { tracker })
        yield* runtime.client.continuous("job").start({ id, input })
        assert.deepStrictEqual(given, [[1, 2, 3, 4, 5]])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(given, [[1, 2, 3, 4, 5], [2, 4]])
        yield* TestClock.adjust("10 seconds")
        assert.lengthOf(given, 2)
      })
  )

  it.effect("a tracker that comes back gets what it missed, without a restart", () =>
    Effect.gen(function*() {
      const { endpoint, taken, tracker } = makeEndpoint()
      endpoint.verdict = "retryLater"
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open, { tracker })
      yield* runtime.client.continuous("job").start({ id, input })
      endpoint.verdict = "delivered"
      yield* TestClock.adjust("1 second")
      assert.lengthOf(taken, 5)
    }))

  it.effect("a tracker that never answers holds up neither a call nor, for long, the shutdown", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { endpoint, tracker } = makeEndpoint()
      endpoint.verdict = "hang"
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), host, { tracker })
      assert.deepInclude(yield* runtime.client.continuous("job").start({ id, input }), { created: true })
      const close = yield* Effect.forkChild(runtime.close)
      yield* TestClock.adjust("3 seconds")
      assert.isDefined(close.pollUnsafe())
    }))

  it.effect("a tracker that dies keeps its events in the outbox", () =>
    Effect.gen(function*() {
      const taken: Array<BaseTrackingEvent> = []
      let calls = 0
      const tracker: EventTrackerService = {
        ...noopTracker,
        deliver: (events) =>
          Effect.sync(() => {
            if (++calls === 1) throw new Error("bug")
            taken.push(...events)
            return events.map(() => "delivered" as const)
          })
      }
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open, { tracker })
      yield* runtime.client.continuous("job").start({ id, input })
      yield* TestClock.adjust("1 second")
      assert.lengthOf(taken, 5)
    }))

  it.effect("a rejected event is not sent again", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { endpoint, tracker } = makeEndpoint()
      endpoint.verdict = "rejected"
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), host, { tracker })
      yield* runtime.client.continuous("job").start({ id, input })
      yield* runtime.flush
      const { calls } = endpoint
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(endpoint.calls, calls)
    }))

  it.effect("a tracker without deliver has an event once it was emitted", () =>
    Effect.gen(function*() {
      const taken: Array<BaseTrackingEvent> = []
      const tracker: EventTrackerService = { ...noopTracker, emit: (event) => Effect.sync(() => taken.push(event)) }
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open, { tracker })
      yield* runtime.client.continuous("job").start({ id, input })
      yield* runtime.flush
      yield* runtime.flush
      assert.lengthOf(taken, 5)
    }))

  it.effect("what users put in is redacted and capped before it is stored", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { endpoint, tracker } = makeEndpoint()
      endpoint.verdict = "retryLater"
      const runtime = yield* openRuntime(createJobRegistry({ job: failing(9) }), host, {
        tracker,
        redact: (field, value) => field === "error.stack" ? "x".repeat(99_999) : field === "input" ? "hidden" : value
      })
      yield* runtime.client.continuous("job").start({ id, input: { n: 424_242 } })
      yield* runtime.close
      const stored = yield* Effect.provide(
        Effect.flatMap(JobsHost, (host) => Effect.all([host.peekOutbox(99), host.load("continuous:job:a")])),
        host
      )
      const events = stored[0].flatMap(({ events }) => eventTexts(events).map((event): JobEvent => JSON.parse(event)))
      assert.deepInclude(events[0], { type: "job.created", input: "hidden" })
      const failed = events.find((event) => event.type === "execution.failed")
      assert.deepStrictEqual(failed?.preExecutionState, { n: 424_242 })
      const capped = JSON.stringify({ truncated: true, bytes: 100_001 })
      assert.strictEqual(failed?.error.stack, capped)
      const record: { readonly execution: { readonly lastError: { readonly stack: string } } } = JSON.parse(
        stored[1]?.record ?? "{}"
      )
      assert.strictEqual(record.execution.lastError.stack, capped)
    }))

  it.effect("what a redactor changes in place is changed in events alone", () =>
    Effect.gen(function*() {
      const runtime = yield* openRuntime(createJobRegistry({ job: failing(1) }), yield* open, {
        redact: (_field, value) =>
          typeof value === "object" && value !== null ? Object.assign(value, { n: "***" }) : value
      })
      const job = runtime.client.continuous("job")
      const input = { n: 424_242 }
      yield* job.start({ id, input })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 424_242 } })
      assert.deepStrictEqual(input, { n: 424_242 })
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* job.status({ id }), { status: "running", runCount: 1 })
      const events = yield* runtime.events
      assert.deepInclude(events[0], { type: "job.created", input: { n: "***" } })
      const failed = events.find((event) => event.type === "execution.failed")
      assert.deepStrictEqual(failed?.preExecutionState, { n: "***" })
    }))

  it.effect("an error is redacted once, whoever tells or keeps it", () =>
    Effect.gen(function*() {
      let times = 0
      const redact: Redact = (field, value) => {
        if (field === "error.stack") times += 1
        return bracketed(field, value)
      }
      const registry = createJobRegistry({
        job: counting({ execute: fails }),
        flush: summing({ execute: fails }).definition,
        reduce: summing({ onEvent: fails }).definition
      })
      const { client, events } = yield* openRuntime(registry, yield* open, { redact })
      const event = { amount: 1 }
      yield* client.debounce("flush").add({ id, event })
      const calls: ReadonlyArray<Effect.Effect<unknown, JobsError>> = [
        client.continuous("job").start({ id, input, dedupeKey: "k" }),
        client.debounce("flush").flush({ id, dedupeKey: "k" }),
        client.debounce("reduce").add({ id, event, dedupeKey: "k" })
      ]
      for (const [index, call] of calls.entries()) {
        const whole = yield* Effect.flip(call)
        const kept = yield* Effect.flip(call)
        assert.strictEqual(times, index + 1)
        assert.match(stackOf(whole), /^TypeError: no\n/)
        assert.strictEqual(stackOf(kept), "<TypeError>")
      }
      const failed = (yield* events).filter((event) => event.type === "execution.failed")
      assert.deepStrictEqual(failed.map(({ error }) => error.stack), ["<TypeError>", "<TypeError>"])
    }))

  it.effect("an error is redacted once, also when a call finds that its retry would begin too late", () =>
    Effect.gen(function*() {
      const host = yield* open
      const retry = { maxAttempts: 9, delay: "1 second", maxDuration: "5 seconds" } as const
      const registry = createJobRegistry({
        job: failing(9, { retry, onExhausted: "keep" }),
        flush: summing({ retry, execute: fails, onExhausted: "keep" }).definition
      })
      const options = { redact: bracketed, alarmConcurrency: 0 }
      const first = yield* openRuntime(registry, host, options)
      yield* first.client.continuous("job").start({ id, input })
      yield* first.client.debounce("flush").add({ id, event: { amount: 1 } })
      yield* first.client.debounce("flush").flush({ id })
      yield* first.close
      yield* TestClock.adjust("1 hour")
      const { client } = yield* openRuntime(registry, host, options)
      const calls: ReadonlyArray<Effect.Effect<unknown, JobsError>> = [
        client.continuous("job").trigger({ id, dedupeKey: "k" }),
        client.debounce("flush").flush({ id, dedupeKey: "k" })
      ]
      for (const call of calls) {
        const stacks = [stackOf(yield* Effect.flip(call)), stackOf(yield* Effect.flip(call))]
        assert.deepStrictEqual(stacks, ["<TypeError>", "<TypeError>"])
      }
    }))

  it.effect("an error is redacted once, also when no attempt is left by the time that a retry would begin", () =>
    Effect.gen(function*() {
      const host = yield* open
      const retry = { maxAttempts: 9, delay: "1 second", maxDuration: "5 seconds" } as const
      const registry = createJobRegistry({
        job: failing(9, { retry, onExhausted: "keep" }),
        pool: WorkerPool.make({
          eventSchema: Schema.Null,
          concurrency: 1,
          retry,
          execute: () => Effect.fail(new TypeError("no"))
        }),
        flush: summing({ execute: () => Effect.fail(new TypeError("no")), onExhausted: "keep" }).definition
      })
      const first = yield* openRuntime(registry, host, { redact: bracketed })
      yield* first.client.continuous("job").start({ id, input })
      yield* first.client.workerPool("pool").enqueue({ event: null, itemId: id })
      yield* first.client.debounce("flush").add({ id, event: { amount: 1 } })
      yield* Effect.flip(first.client.debounce("flush").flush({ id }))
      const retries = Effect.map(first.events, (events) => events.filter(({ type }) => type === "retry.scheduled"))
      yield* until(Effect.map(retries, ({ length }) => length === 2))
      const before = yield* first.events
      yield* first.close

      yield* TestClock.adjust("1 hour")
      const second = yield* openRuntime(registry, host, { redact: bracketed })
      const letters = second.client.workerPool("pool").deadLetters()
      yield* until(Effect.map(letters, ({ items }) => items.length === 1))
      yield* until(Effect.map(second.client.continuous("job").status({ id }), ({ status }) => status === "failed"))
      const events = [...before, ...yield* second.events]
      assert.lengthOf(events.filter(({ type }) => type === "retry.exhausted"), 2)
      assert.lengthOf(events.filter(({ type }) => type === "job.failed"), 2)
      const { items } = yield* letters
      yield* second.close
      const stored = yield* Effect.provide(
        Effect.flatMap(JobsHost, (host) => Effect.all([host.load("continuous:job:a"), host.load("debounce:flush:a")])),
        host
      )
      const told = JSON.stringify([events, items, stored])
      assert.include(told, "<TypeError>")
      assert.notInclude(told, "<<")
      assert.notInclude(told, "    at ")
    }))

  it.effect("progress goes straight to the tracker, after the attempt is durable as begun", () =>
    Effect.gen(function*() {
      const registry = createJobRegistry({ job: counting({ execute: halfway }) })
      const runtime = yield* openRuntime(registry, yield* open, { gracePeriod: 0 })
      const job = runtime.client.continuous("job")
      yield* Effect.forkChild(job.start({ id, input }))
      yield* TestClock.adjust(0)
      assert.deepInclude(yield* job.status({ id }), { status: "running", attempt: 1 })
      const events = yield* runtime.events
      assert.deepStrictEqual(typesOf(events), ["job.created", "job.started", "execution.started"])
      const progress = (yield* runtime.allEvents).find(({ type }) => type === "task.progress")
      assert.deepInclude<object>(progress ?? {}, {
        source: "job",
        topic: "system-events",
        trace_id: events[0]?.traceId,
        session_id: "continuous:job:a",
        data: {
          task_id: events[2]?.executionId,
          plan_id: events[2]?.incarnationId,
          state: "running",
          progress: 0.5,
          message: "half"
        }
      })
    }))

  it.effect("a progress message is cut like any other text of an event", () =>
    Effect.gen(function*() {
      const registry = createJobRegistry({ job: counting({ execute: talkative }) })
      const runtime = yield* openRuntime(registry, yield* open)
      yield* runtime.client.continuous("job").start({ id, input })
      const progress = (yield* runtime.allEvents).find(({ type }) => type === "task.progress")
      assert.deepInclude<object>(progress ?? {}, { topic: "system-events" })
      assert.isBelow(JSON.stringify(progress).length, 5_000)
    }))

  it.effect("an incarnation is in the trace of who started it, and so are its executions", () =>
    Effect.gen(function*() {
      const traces: Array<string> = []
      const execute = () => Effect.map(Effect.currentSpan, ({ traceId }) => traces.push(traceId))
      const runtime = yield* openRuntime(createJobRegistry({ job: counting({ execute }) }), yield* open)
      const traceId = "0af7651916cd43dd8448eb211c80319c"
      const parent = Tracer.externalSpan({ traceId, spanId: "b7ad6b7169203331" })
      yield* Effect.withParentSpan(runtime.client.continuous("job").start({ id, input }), parent)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(traces, [traceId, traceId])
      assert.deepStrictEqual(new Set((yield* runtime.events).map((event) => event.traceId)), new Set([traceId]))
    }))
})
