import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Predicate, Schema } from "effect"
import { TestClock } from "effect/testing"
import {
  Continuous,
  createJobRegistry,
  Debounce,
  type DebounceEvent,
  HostUnavailable,
  JobsClient,
  type JobsError,
  JobsHost,
  type UntypedDebounceClient
} from "../../src/index.ts"
import { Amount, type Sum, type Summing, summing } from "../support/debounces.ts"
import { Count, counting } from "../support/definitions.ts"
import { assertOrdered } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

type Added = DebounceEvent<typeof Amount.Type, typeof Sum.Type>

const id = "a"
const event = { amount: 1 }
const bad = { amount: 13 }
const sum = ({ event, state }: Added) => ({ sum: (state?.sum ?? 0) + event.amount })

/** Adds up, but for the amount of 13. */
const superstitious = (onThirteen: Effect.Effect<typeof Sum.Type, unknown, JobsClient>) => (added: Added) =>
  added.event.amount === 13 ? onThirteen : Effect.succeed(sum(added))

const failures = [
  { how: "fails", onThirteen: Effect.fail(new TypeError("no thirteen")), message: "no thirteen" },
  { how: "dies", onThirteen: Effect.die("no thirteen"), message: "no thirteen" },
  { how: "is interrupted", onThirteen: Effect.interrupt, message: "interrupt" },
  { how: "leaves what is no state", onThirteen: Effect.succeed({ sum: 0.5 }), message: "state.sum" }
]

describe.each(storages)("onEvent on $name", ({ open }) => {
  const openJob = Effect.fnUntraced(function*({ definition }: { readonly definition: Summing }) {
    const registry = createJobRegistry({ job: definition, counting: counting() })
    const runtime = yield* openRuntime(registry, yield* open)
    return { ...runtime, job: runtime.client.debounce("job") }
  })

  it.effect("gets the event decoded, the state so far and the count", () =>
    Effect.gen(function*() {
      const seen: Array<object> = []
      const { job } = yield* openJob(summing({
        onEvent: (added) => {
          seen.push(added)
          return Effect.succeed(sum(added))
        }
      }))
      yield* job.add({ id, event })
      yield* job.add({ id, event: { amount: 4 } })
      assert.deepStrictEqual(seen, [
        { event, state: null, eventCount: 1 },
        { event: { amount: 4 }, state: { sum: 1 }, eventCount: 2 }
      ])
    }))

  describe.each(failures)("that $how", ({ message, onThirteen }) => {
    it.effect("fails the add, and leaves no instance where there was none", () =>
      Effect.gen(function*() {
        const { events, job } = yield* openJob(summing({ onEvent: superstitious(onThirteen) }))
        const error = yield* Effect.flip(job.add({ id, event: bad }))
        assert.deepInclude(error, { _tag: "ExecutionFailed", instanceId: "debounce:job:a", attempts: 1 })
        assert.include(error.message, message)
        assert.deepStrictEqual(yield* events, [])
        assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
        assert.deepInclude(yield* job.add({ id, event }), { created: true, eventCount: 1 })
      }))

    it.effect("leaves the buffer as it was, live or after the one that is flushed", () =>
      Effect.gen(function*() {
        const go = yield* Deferred.make<void>()
        const { definition, flushed } = summing({ onEvent: superstitious(onThirteen) })
        const waiting: Summing = {
          ...definition,
          open: (stored, facts) =>
            Effect.map(definition.open(stored, facts), (cell) => ({
              ...cell,
              run: (job) => Effect.andThen(Deferred.await(go), cell.run(job))
            }))
        }
        const { events, job } = yield* openJob({ definition: waiting })
        yield* job.add({ id, event })
        const before = yield* events
        yield* Effect.flip(job.add({ id, event: bad }))
        assert.lengthOf(yield* events, before.length)
        assert.deepInclude(yield* job.status({ id }), { eventCount: 1 })
        const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
        yield* Effect.flip(job.add({ id, event: bad }))
        assert.deepInclude(yield* job.add({ id, event }), { eventCount: 1 })
        yield* Effect.flip(job.add({ id, event: bad }))
        assert.deepInclude(yield* job.add({ id, event }), { eventCount: 2 })
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(flush)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(flushed.map(({ sum }) => sum), [1, 2])
        assertOrdered(yield* events)
      }))
  })

  describe("that changes in place what it is given", () => {
    /** Each event, in the order in which they came; user code has it all in its hands. */
    const noting = Effect.fnUntraced(function*() {
      const flushing = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const flushed: Array<Schema.Json> = []
      const definition = Debounce.make({
        eventSchema: Schema.Json,
        stateSchema: Schema.Json,
        flushAfter: "10 seconds",
        onEvent: ({ event, state }) =>
          Effect.suspend(() => {
            const name = String(Predicate.hasProperty(event, "name") ? event.name : undefined)
            const next = Object.assign(state ?? {}, { [name]: event })
            if (typeof event === "object") Object.assign(event ?? {}, { seen: true })
            return name === "bad" ? Effect.fail("no") : Effect.succeed(next)
          }),
        execute: (ctx) =>
          Effect.gen(function*() {
            yield* Deferred.succeed(flushing, undefined)
            yield* Deferred.await(go)
            flushed.push(yield* ctx.state)
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      return { ...runtime, job: runtime.client.debounce("job"), flushing, flushed, go }
    })

    it.effect("and fails leaves the state as it was, live or after the one that is flushed", () =>
      Effect.gen(function*() {
        const { flushed, flushing, go, job } = yield* noting()
        yield* job.add({ id, event: { name: "one" } })
        yield* Effect.flip(job.add({ id, event: { name: "bad" } }))
        const one = { one: { name: "one", seen: true } }
        assert.deepStrictEqual(yield* job.getState({ id }), { state: one })
        const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
        yield* Deferred.await(flushing)
        yield* job.add({ id, event: { name: "two" } })
        yield* Effect.flip(job.add({ id, event: { name: "bad" } }))
        yield* job.add({ id, event: { name: "three" } })
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(flush)
        yield* TestClock.adjust("10 seconds")
        yield* job.status({ id })
        const [first, second] = flushed
        assert.deepStrictEqual(first, one)
        assert.deepStrictEqual(second, { two: { name: "two", seen: true }, three: { name: "three", seen: true } })
      }))

    it.effect("leaves the caller's event as it was", () =>
      Effect.gen(function*() {
        const { job } = yield* noting()
        const event = { name: "one" }
        yield* job.add({ id, event })
        assert.deepStrictEqual(event, { name: "one" })
      }))
  })

  it.effect("that takes longer than the timeout is interrupted and fails the add", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing({
        retry: { maxAttempts: 3, delay: 0, timeout: "5 seconds" },
        onEvent: superstitious(Effect.never)
      }))
      yield* job.add({ id, event })
      const failed = yield* Effect.forkChild(Effect.flip(job.add({ id, event: bad })), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(failed)
      assert.deepInclude(error, { _tag: "ExecutionFailed", attempts: 1 })
      assert.include(error.message, "took longer than 5000 ms (retry.timeout)")
      assert.deepInclude(yield* job.add({ id, event }), { eventCount: 2 })
    }))

  it.effect("that throws fails the add", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing({
        onEvent: () => {
          throw new RangeError("thrown")
        }
      }))
      assert.include((yield* Effect.flip(job.add({ id, event }))).message, "thrown")
    }))

  it.effect("has the runtime's client, and what it starts knows its parent", () =>
    Effect.gen(function*() {
      const { events, job } = yield* openJob(summing({
        onEvent: (added) =>
          Effect.gen(function*() {
            const counting = (yield* JobsClient).continuous("counting")
            yield* counting.start({ id: String(added.eventCount), input: { n: 0 } })
            return sum(added)
          })
      }))
      yield* job.add({ id, event })
      const all = yield* events
      const parent = all.find(({ jobName }) => jobName === "job")?.incarnationId
      assert.isDefined(parent)
      const child = all.find((event) => event.type === "job.created" && event.jobName === "counting")
      assert.strictEqual(child?.parentIncarnationId, parent)
    }))

  it.effect("of a buffer after the one that is flushed starts children of that later incarnation", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const { events, job } = yield* openJob(summing({
        execute: () => Deferred.await(go),
        onEvent: (added) =>
          Effect.gen(function*() {
            const counting = (yield* JobsClient).continuous("counting")
            if (added.event.amount === 13) yield* counting.start({ id: "child", input: { n: 0 } })
            return sum(added)
          })
      }))
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
      yield* job.add({ id, event: bad })
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(flush)
      const all = yield* events
      const later = all.findLast((event) => event.type === "job.created" && event.jobName === "job")?.incarnationId
      const child = all.find((event) => event.type === "job.created" && event.jobName === "counting")
      assert.strictEqual(child?.parentIncarnationId, later)
    }))

  it.effect.each<
    { readonly action: string; readonly call: (own: UntypedDebounceClient) => Effect.Effect<unknown, JobsError> }
  >([
    { action: "add to", call: (own) => own.add({ id, event }) },
    { action: "flush", call: (own) => own.flush({ id }) },
    { action: "clear", call: (own) => own.clear({ id }) },
    { action: "retry", call: (own) => own.retry({ id }) },
    { action: "discard", call: (own) => own.discard({ id }) }
  ])(
    "cannot $action its own instance, be it live or flushed",
    ({ call }) =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const go = yield* Deferred.make<void>()
        const { job } = yield* openJob(summing({
          execute: () => Deferred.await(go),
          onEvent: (added) =>
            Effect.gen(function*() {
              const own = (yield* JobsClient).debounce("job")
              told.push(yield* Effect.match(call(own), { onFailure: ({ _tag }) => _tag, onSuccess: () => "served" }))
              return sum(added)
            })
        }))
        yield* job.add({ id, event })
        const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
        assert.deepInclude(yield* job.add({ id, event }), { status: "flushing", eventCount: 1 })
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(flush)
        assert.deepStrictEqual(told, ["InvalidInput", "InvalidInput"])
      })
  )

  it.effect.each(["live", "flushed"] as const)(
    "cannot wait for another job that waits for its own instance, which is %s",
    (where) =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const go = yield* Deferred.make<void>()
        const registry = createJobRegistry({
          job: summing({
            execute: () => Deferred.await(go),
            onEvent: (added) =>
              Effect.gen(function*() {
                const { continuous } = yield* JobsClient
                if (added.event.amount === 13) yield* continuous("other").start({ id, input: { n: 0 } })
                return sum(added)
              })
          }).definition,
          other: Continuous.make({
            stateSchema: Count,
            schedule: Continuous.every("1 hour"),
            execute: () =>
              Effect.gen(function*() {
                const { debounce } = yield* JobsClient
                const calls: ReadonlyArray<Effect.Effect<unknown, JobsError>> = [
                  debounce("job").add({ id, event }),
                  debounce("job").flush({ id })
                ]
                for (const call of calls) {
                  const tag = Effect.match(call, { onFailure: ({ _tag }) => _tag, onSuccess: () => "served" })
                  told.push(yield* tag)
                }
              })
          })
        })
        const { client } = yield* openRuntime(registry, yield* open)
        const job = client.debounce("job")
        yield* job.add({ id, event })
        const flush = where === "flushed"
          ? yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
          : undefined
        yield* job.add({ id, event: bad })
        yield* Deferred.succeed(go, undefined)
        if (flush !== undefined) yield* Fiber.join(flush)
        assert.deepStrictEqual(told, ["InvalidInput", "InvalidInput"])
      })
  )

  it.effect("is stopped by terminate, and its event is not added", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const { events, job } = yield* openJob(summing({
        onEvent: superstitious(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
      }))
      yield* job.add({ id, event })
      const add = yield* Effect.forkChild(Effect.flip(job.add({ id, event: bad })), { startImmediately: true })
      yield* Deferred.await(begun)
      assert.deepStrictEqual(yield* job.terminate({ id }), { terminated: true })
      assert.include((yield* Fiber.join(add)).message, "terminated while onEvent ran")
      assert.lengthOf((yield* events).filter(({ type }) => type === "debounce.event.added"), 1)
    }))

  it.effect("during a flush is stopped by terminate as well", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const { job } = yield* openJob(summing({
        execute: () => Effect.never,
        onEvent: superstitious(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
      }))
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
      const add = yield* Effect.forkChild(Effect.flip(job.add({ id, event: bad })), { startImmediately: true })
      yield* Deferred.await(begun)
      assert.deepStrictEqual(yield* job.terminate({ id }), { terminated: true })
      assert.deepInclude(yield* Fiber.join(flush), { flushed: false })
      assert.strictEqual((yield* Fiber.join(add))._tag, "ExecutionFailed")
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
    }))

  it.effect("does not hold up a shutdown for longer than the grace period", () =>
    Effect.gen(function*() {
      const host = yield* open
      const never = summing({ onEvent: superstitious(Effect.never) })
      const first = yield* openRuntime(createJobRegistry({ job: never.definition }), host, { gracePeriod: 1000 })
      yield* first.client.debounce("job").add({ id, event })
      const add = yield* Effect.forkChild(Effect.flip(first.client.debounce("job").add({ id, event: bad })), {
        startImmediately: true
      })
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(close)
      const refused = yield* Fiber.join(add)
      assert.strictEqual(refused._tag, "HostUnavailable")
      assert.include(refused.message, "The event is not added.")
      const second = yield* openRuntime(createJobRegistry({ job: summing().definition }), host)
      assert.deepInclude(yield* second.client.debounce("job").status({ id }), { eventCount: 1 })
    }))

  it.effect("that meets a host which is unavailable is not to blame, even when it would hide it", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const full = new HostUnavailable({ host: "test", problem: "The disk is full." })
      const layer = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) => commit.instanceId.startsWith("continuous") ? Effect.fail(full) : host.commit(commit)
      })
      const calling = summing({
        onEvent: (added) =>
          Effect.gen(function*() {
            yield* Effect.ignore((yield* JobsClient).continuous("counting").start({ id, input: { n: 0 } }))
            return sum(added)
          })
      })
      const registry = createJobRegistry({ job: calling.definition, counting: counting() })
      const { client } = yield* openRuntime(registry, layer)
      const refused = yield* Effect.flip(client.debounce("job").add({ id, event }))
      assert.deepInclude(refused, { _tag: "HostUnavailable", problem: "The disk is full." })
      assert.deepInclude(yield* client.debounce("job").status({ id }), { status: "notFound" })
    }))

  it.effect("of the same form as the events needs no schema of its own", () =>
    Effect.gen(function*() {
      const definition = Debounce.make({
        eventSchema: Amount,
        flushAfter: "1 second",
        onEvent: ({ event, state }) => Effect.succeed({ amount: (state?.amount ?? 0) + event.amount }),
        execute: () => Effect.void
      })
      const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      const job = client.debounce("job")
      yield* job.add({ id, event: { amount: 4 } })
      yield* job.add({ id, event: { amount: 5 } })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { amount: 9 } })
    }))

  it.effect("goes on when the caller of an add has left", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing({
        onEvent: (added) => Effect.as(Effect.sleep("1 second"), sum(added))
      }))
      const add = yield* Effect.forkChild(job.add({ id, event }), { startImmediately: true })
      assert.isTrue(Exit.isFailure(yield* Effect.andThen(Fiber.interrupt(add), Fiber.await(add))))
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1 })
    }))
})
