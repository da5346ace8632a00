import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { type Backoff, Continuous, createJobRegistry, JobsHost } from "../src/index.ts"
import { allAlarms } from "./support/allAlarms.ts"
import { counting } from "./support/definitions.ts"
import { assertOrdered, path } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }

const ownBackoff = (delayMs: () => number): Backoff => ({ _tag: "Backoff", delayMs })

const boom = (): never => {
  throw new Error("boom")
}

const nested = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

describe.each(storages)("what cannot be concluded on $name", ({ open }) => {
  it.effect.each([
    { name: "NaN", delayMs: () => Number.NaN },
    { name: "an error", delayMs: boom }
  ])("a backoff that answers $name uses up attempts like any other", ({ delayMs }) =>
    Effect.gen(function*() {
      let runs = 0
      const definition = counting({
        startImmediately: false,
        retry: { maxAttempts: 3, delay: ownBackoff(delayMs) },
        execute: () => Effect.suspend(() => Effect.fail(`failure ${++runs}`))
      })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      yield* client.continuous("job").start({ id, input })
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(runs, 3)
      assertOrdered(yield* events)
      assert.deepStrictEqual(path(yield* events).slice(-3), [
        "retry.exhausted(maxAttempts)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
    }))

  it.effect("a wait without end leaves the retry to a trigger", () =>
    Effect.gen(function*() {
      const definition = counting({
        retry: { maxAttempts: 2, delay: ownBackoff(() => Infinity) },
        execute: (ctx) => ctx.attempt === 1 ? Effect.fail("no") : ctx.setState({ n: 5 })
      })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      const job = client.continuous("job")
      yield* job.start({ id, input })
      assert.deepInclude(yield* job.status({ id }), { attempt: 2, nextRunAt: Date.UTC(9999, 11, 31, 23, 59, 59, 999) })
      yield* job.trigger({ id })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 5 } })
      assertOrdered(yield* events)
    }))

  it.effect("a next tick after the last date waits for a trigger", () =>
    Effect.gen(function*() {
      const definition = counting({ schedule: Continuous.every(1e16) })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      const job = client.continuous("job")
      assert.deepInclude(yield* job.start({ id, input }), { created: true })
      yield* job.trigger({ id })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
      assert.lengthOf(yield* events, 8)
    }))

  it.effect("a thrown object that throws when it is read is a failed attempt", () =>
    Effect.gen(function*() {
      let runs = 0
      const unreadable = {
        get message() {
          return boom()
        }
      }
      const definition = counting({
        startImmediately: false,
        execute: () =>
          Effect.suspend(() => {
            runs += 1
            return Effect.die(unreadable)
          })
      })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      yield* client.continuous("job").start({ id, input })
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(runs, 1)
      assert.deepStrictEqual(path(yield* events).slice(-2), ["execution.failed(false)", "alarm.scheduled(schedule)"])
    }))

  it.effect.each([600, 5000, 20_000])(
    "a state of %i levels is a failed attempt, as an input it is refused",
    (levels) =>
      Effect.gen(function*() {
        let runs = 0
        const definition = Continuous.make({
          stateSchema: Schema.Unknown,
          schedule: Continuous.every("1 minute"),
          startImmediately: false,
          execute: (ctx) =>
            Effect.suspend(() => {
              runs += 1
              return ctx.setState(nested(levels))
            })
        })
        const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
        const job = client.continuous("job")
        const refused = yield* Effect.flip(job.start({ id, input: nested(levels) }))
        assert.deepInclude(refused, { _tag: "InvalidInput", field: "input" })
        assert.deepStrictEqual(yield* events, [])

        yield* job.start({ id, input: nested(400) })
        yield* TestClock.adjust("1 minute")
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(runs, 1)
        const failed = (yield* events).find((event) => event.type === "execution.failed")
        assert.deepInclude(failed?.error, { name: "InvalidState" })
        const error = yield* Effect.flip(job.trigger({ id }))
        assert.deepInclude(error, { _tag: "ExecutionFailed" })
        assert.deepStrictEqual(yield* job.getState({ id }), { state: nested(400) })
      })
  )

  it.effect("any other defect quarantines the instance until somebody triggers it", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const bug = { isThere: true }
      const broken = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) =>
          bug.isThere && commit.events.some((event) => event.includes("execution.succeeded"))
            ? Effect.die(new Error("bug"))
            : host.commit(commit)
      })
      let runs = 0
      const definition = counting({
        startImmediately: false,
        execute: (ctx) => {
          runs += 1
          return ctx.updateState(({ n }) => ({ n: n + 1 }))
        }
      })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), broken)
      const job = client.continuous("job")
      yield* job.start({ id, input })
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(runs, 1)
      assert.deepInclude(yield* job.status({ id }), { status: "failed", runCount: 0, nextRunAt: null })
      assert.deepStrictEqual(path(yield* events).slice(3), ["alarm.cancelled(schedule)"])

      bug.isThere = false
      assert.deepInclude(yield* job.trigger({ id }), { triggered: true })
      assert.deepInclude(yield* job.status({ id }), { status: "running", runCount: 1 })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
      assertOrdered(yield* events)
    }))

  it.effect("a defect that keeps the quarantine from being stored leaves a begun attempt alone all the same", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const bug = { isThere: false }
      const broken = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) =>
          Effect.flatMap(
            host.load(commit.instanceId),
            (stored) =>
              bug.isThere && commit.record !== stored?.record ? Effect.die(new Error("bug")) : host.commit(commit)
          )
      })
      let runs = 0
      const definition = counting({
        startImmediately: false,
        execute: (ctx) =>
          Effect.gen(function*() {
            runs += 1
            yield* Effect.sleep("1 second")
            yield* ctx.updateState(({ n }) => ({ n: n + 1 }))
          })
      })
      const { client } = yield* openRuntime(createJobRegistry({ job: definition }), broken)
      const job = client.continuous("job")
      yield* job.start({ id, input })
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("500 millis")
      assert.deepInclude(yield* job.status({ id }), { attempt: 1 })
      bug.isThere = true
      for (let second = 0; second < 10; second++) yield* TestClock.adjust("1 second")
      assert.strictEqual(runs, 1)
      assert.deepStrictEqual(yield* allAlarms(host), [])

      bug.isThere = false
      const trigger = yield* Effect.forkChild(job.trigger({ id }))
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(trigger), { triggered: true })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
    }))
})
