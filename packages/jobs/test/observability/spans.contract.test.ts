import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, JobsClient } from "../../src/index.ts"
import { summing } from "../support/debounces.ts"
import { Count, counting, failing } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { recordSpans } from "../support/recorders.ts"
import { storages } from "../support/storages.ts"
import { adding } from "../support/taskDefinitions.ts"
import { openPool, pass } from "../worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }

const caller = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }
const asCaller = Effect.withParentSpan(Tracer.externalSpan(caller))

/** What a span has of the caller. */
const ofCaller = { traceId: caller.traceId, parentSpanId: caller.spanId, sampled: true }

const childOf = (name: string) => Effect.flatMap(JobsClient, (client) => client.continuous(name).start({ id, input }))

const hideStacks = (field: string, value: unknown) => field === "error.stack" ? "hidden" : value

const calling = (execute: () => Effect.Effect<unknown, unknown, JobsClient>) =>
  Continuous.make({ stateSchema: Count, schedule: Continuous.every("1 hour"), execute })

describe.each(storages)("spans on $name", ({ open }) => {
  it.effect("of runs by the caller, by alarms and by retries, also after a restart, are under the caller's span", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const host = yield* open
        // The third run fails once.
        const registry = createJobRegistry({
          job: counting({
            retry: { maxAttempts: 2, delay: "1 second" },
            execute: (ctx) =>
              ctx.runCount === 3 && ctx.attempt === 1
                ? Effect.fail(new Error("not now"))
                : ctx.updateState(({ n }) => ({ n: n + 1 }))
          })
        })
        const first = yield* openRuntime(registry, host)
        yield* asCaller(first.client.continuous("job").start({ id, input }))
        yield* TestClock.adjust("1 minute")
        yield* first.close
        yield* openRuntime(registry, host)
        yield* TestClock.adjust("1 minute")
        yield* TestClock.adjust("1 second")
      }).pipe(Effect.provide(layer))
      const spans = named("job job")
      assert.deepStrictEqual(
        spans.map((
          { attributes }
        ) => [attributes["job.trigger"], attributes["job.run_count"], attributes["job.attempt"]]),
        [["start", 1, 1], ["alarm", 2, 1], ["alarm", 3, 1], ["retry", 3, 2]]
      )
      for (const span of spans) assert.deepInclude(span, { ...ofCaller, isEnded: true })
      assert.deepStrictEqual(named("create job job"), [])
    }))

  it.effect("of an attempt that is made again after it was cut off is under the caller's span", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const host = yield* open
        let runs = 0
        const registry = createJobRegistry({
          job: counting({ execute: () => ++runs === 1 ? Effect.never : Effect.void })
        })
        const first = yield* openRuntime(registry, host, { gracePeriod: 0 })
        const start = yield* Effect.forkChild(
          Effect.exit(asCaller(first.client.continuous("job").start({ id, input })))
        )
        yield* TestClock.adjust("20 millis")
        yield* first.close
        yield* Fiber.join(start)
        yield* openRuntime(registry, host)
        yield* TestClock.adjust(0)
      }).pipe(Effect.provide(layer))
      const [cutOff, again] = named("job job")
      assert.deepInclude(cutOff, { ...ofCaller, isEnded: true })
      assert.deepInclude(again, ofCaller)
      assert.strictEqual(cutOff?.attributes["job.outcome"], "interrupted")
      assert.deepInclude(again?.attributes ?? {}, { "job.recovered": true, "job.outcome": "succeeded" })
      assert.strictEqual(again?.attributes["job.execution_id"], cutOff?.attributes["job.execution_id"])
    }))

  it.effect("of a caller whose trace is not recorded are not either", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const { client } = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
        const parent = Tracer.externalSpan({ ...caller, sampled: false })
        yield* Effect.withParentSpan(client.continuous("job").start({ id, input }), parent)
        yield* TestClock.adjust("1 minute")
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(named("job job").map(({ sampled }) => sampled), [false, false])
    }))

  it.effect("of a job that nobody's span began are under one that begins its trace", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      const events = yield* Effect.gen(function*() {
        const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
        yield* runtime.client.continuous("job").start({ id, input })
        yield* TestClock.adjust("1 minute")
        return yield* runtime.events
      }).pipe(Effect.provide(layer))
      const [root, ...more] = named("create job job")
      assert.deepStrictEqual(more, [])
      assert.deepInclude(root, { parentSpanId: undefined, kind: "producer", isEnded: true })
      const place = [root?.traceId, root?.spanId]
      assert.deepStrictEqual(
        named("job job").map(({ parentSpanId, traceId }) => [traceId, parentSpanId]),
        [place, place]
      )
      assert.deepStrictEqual(new Set(events.map(({ traceId }) => traceId)), new Set([root?.traceId]))
    }))

  it.effect("switched off, an incarnation has a trace of its own all the same", () =>
    Effect.gen(function*() {
      const events = yield* Effect.gen(function*() {
        const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
        yield* runtime.client.continuous("job").start({ id, input })
        return yield* runtime.events
      }).pipe(Effect.withTracerEnabled(false))
      const [traceId, ...more] = new Set(events.map((event) => event.traceId))
      assert.match(traceId ?? "", /^[0-9a-f]{32}$/)
      assert.deepStrictEqual(more, [])
    }))

  it.effect("tell whose attempt it is, and how it ended", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const registry = createJobRegistry({
          good: counting(),
          ending: counting({ execute: (ctx) => ctx.terminate() }),
          bad: failing(9, { retry: { maxAttempts: 1, delay: 0 } }),
          long: counting({ execute: () => Effect.never })
        })
        const { client, events } = yield* openRuntime(registry, yield* open)
        yield* client.continuous("good").start({ id, input })
        yield* client.continuous("ending").start({ id, input })
        yield* Effect.flip(client.continuous("bad").start({ id, input }))
        const long = yield* Effect.forkChild(client.continuous("long").start({ id, input }))
        yield* TestClock.adjust("20 millis")
        yield* client.continuous("long").terminate({ id })
        yield* Fiber.join(long)
        const started = (yield* events).find(({ type }) => type === "execution.started")
        assert.deepStrictEqual(named("job good").at(0)?.attributes, {
          "job.type": "continuous",
          "job.name": "good",
          "job.id": id,
          "job.instance_id": "continuous:good:a",
          "job.incarnation_id": started?.incarnationId,
          "job.execution_id": started?.executionId,
          "job.run_count": 1,
          "job.attempt": 1,
          "job.trigger": "start",
          "job.handler": "execute",
          "job.outcome": "succeeded"
        })
      }).pipe(Effect.provide(layer))
      const outcomeOf = (name: string) => {
        const [span] = named(`job ${name}`)
        return [span?.attributes["job.outcome"], span?.attributes["error.type"], span?.error?.message]
      }
      assert.deepStrictEqual(outcomeOf("good"), ["succeeded", undefined, undefined])
      assert.deepStrictEqual(outcomeOf("ending"), ["terminated", undefined, undefined])
      assert.deepStrictEqual(outcomeOf("bad"), ["failed", "TypeError", "failure 1"])
      assert.deepStrictEqual(outcomeOf("long"), ["interrupted", undefined, undefined])
      assert.strictEqual(named("job bad").at(0)?.error?.name, "TypeError")
    }))

  it.effect("of a failed attempt show its error as events do", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const { client } = yield* openRuntime(createJobRegistry({ job: failing(1) }), yield* open, {
          redact: hideStacks
        })
        yield* client.continuous("job").start({ id, input })
      }).pipe(Effect.provide(layer))
      assert.strictEqual(named("job job").at(0)?.error?.stack, "hidden")
    }))

  describe("of a job that is started from inside another", () => {
    it.effect.each([
      { how: "by the handler", within: (call: ReturnType<typeof childOf>) => call },
      { how: "under a span of the handler's", within: Effect.withSpan("inner") },
      { how: "under a span that begins another trace", within: Effect.withSpan("inner", { root: true }) },
      { how: "with tracing switched off", within: Effect.withTracerEnabled(false) }
    ])("are in the same trace: $how", ({ within }) =>
      Effect.gen(function*() {
        const { layer, named } = recordSpans()
        const events = yield* Effect.gen(function*() {
          const registry = createJobRegistry({
            child: counting({ startImmediately: false }),
            parent: calling(() => within(childOf("child")))
          })
          const runtime = yield* openRuntime(registry, yield* open)
          yield* asCaller(runtime.client.continuous("parent").start({ id, input }))
          yield* TestClock.adjust("1 minute")
          return yield* runtime.events
        }).pipe(Effect.provide(layer))
        assert.deepStrictEqual(new Set(events.map(({ traceId }) => traceId)), new Set([caller.traceId]))
        const [child] = named("job child")
        assert.strictEqual(child?.traceId, caller.traceId)
        const [inner] = named("inner")
        const above = inner?.traceId === caller.traceId ? inner : named("job parent").at(0)
        assert.strictEqual(child?.parentSpanId, above?.spanId)
      }))
  })

  it.effect("have nothing of the span that a runtime is built under", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const registry = createJobRegistry({
          job: counting({ execute: (ctx) => Effect.withSpan(ctx.updateState(({ n }) => ({ n: n + 1 })), "inner") })
        })
        const { client } = yield* Effect.withSpan(openRuntime(registry, yield* open), "building")
        yield* asCaller(client.continuous("job").start({ id, input }))
        yield* TestClock.adjust("1 minute")
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        named("inner").map(({ parentSpanId, traceId }) => [traceId, parentSpanId]),
        named("job job").map(({ spanId, traceId }) => [traceId, spanId])
      )
      assert.lengthOf(named("inner"), 2)
      assert.deepInclude(named("job job").at(1), ofCaller)
    }))

  it.effect("of a debounced flush are under the span of who added first, also to the next buffer", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const { definition } = summing({ execute: () => Effect.sleep("5 seconds") })
        const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
        const job = client.debounce("job")
        yield* asCaller(job.add({ id, event: { amount: 1 } }))
        yield* TestClock.adjust("10 seconds")
        const parent = Tracer.externalSpan({ traceId: "1".repeat(32), spanId: "2".repeat(16) })
        yield* Effect.withParentSpan(job.add({ id, event: { amount: 2 } }), parent)
        yield* TestClock.adjust("5 seconds")
        yield* TestClock.adjust("5 seconds")
        yield* TestClock.adjust("5 seconds")
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        named("job job").map(({ parentSpanId, traceId }) => [traceId, parentSpanId]),
        [[caller.traceId, caller.spanId], ["1".repeat(32), "2".repeat(16)]]
      )
    }))

  it.effect("of a task are under the span of who sent its first event", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const definition = adding({
          onEvent: ({ add }, ctx) => Effect.andThen(ctx.setState({ n: add }), ctx.schedule("1 minute"))
        })
        const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
        yield* asCaller(client.task("job").send({ id, event: { add: 1 } }))
        yield* TestClock.adjust("1 minute")
      }).pipe(Effect.provide(layer))
      const spans = named("job job")
      assert.deepStrictEqual(spans.map(({ attributes }) => attributes["job.handler"]), ["onEvent", "execute"])
      for (const span of spans) assert.deepInclude(span, ofCaller)
    }))

  it.effect("of a pool's items are under the span of who enqueued the first, by whomever they are tried again", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const { pool } = yield* openPool(yield* open, {
          retry: { maxAttempts: 2, delay: "1 second" },
          execute: (_event, ctx) => ctx.attempt === 1 ? Effect.fail(new Error("not now")) : Effect.void
        })
        yield* asCaller(pool.enqueue({ event: { n: 1 }, itemId: "x" }))
        yield* pass("1 second")
      }).pipe(Effect.provide(layer))
      const spans = named("job pool")
      assert.deepStrictEqual(
        spans.map(({ attributes }) => [
          attributes["job.trigger"],
          attributes["job.attempt"],
          attributes["job.outcome"]
        ]),
        [["item", 1, "failed"], ["item", 2, "succeeded"]]
      )
      for (const span of spans) assert.deepInclude(span, ofCaller)
      assert.strictEqual(spans.at(0)?.error?.message, "not now")
    }))

  it.effect("begin a trace of their own for a record of before, which knows no span", () =>
    Effect.gen(function*() {
      const { layer, named } = recordSpans()
      yield* Effect.gen(function*() {
        const host = yield* open
        const registry = createJobRegistry({ job: counting() })
        const first = yield* Effect.withTracerEnabled(openRuntime(registry, host), false)
        yield* first.client.continuous("job").start({ id, input })
        yield* first.close
        yield* openRuntime(registry, host)
        yield* TestClock.adjust("1 minute")
      }).pipe(Effect.provide(layer))
      const [span, ...more] = named("job job")
      assert.deepStrictEqual(more, [])
      assert.deepInclude(span, { isEnded: true, parentSpanId: undefined, error: undefined })
    }))
})
