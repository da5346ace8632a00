import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Latch, Layer } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, HostUnavailable, type JobsError, JobsHost, type JobsHostService } from "../src/index.ts"
import { allAlarms } from "./support/allAlarms.ts"
import { type CountContext, counting } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"
import { pass, pooling, settled } from "./worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }

/** The host, and how much the looks for due alarms have asked of it. */
const counted = (host: JobsHostService) => {
  const asked = { looks: 0, limit: 0, told: 0, held: 0 }
  const service: JobsHostService = {
    ...host,
    earliestAlarms: (limit, ...rest) =>
      Effect.tap(host.earliestAlarms(limit, ...rest), ({ length }) =>
        Effect.sync(() => {
          asked.looks += 1
          asked.limit = Math.max(asked.limit, limit)
          asked.told = Math.max(asked.told, length)
        })),
    heldAlarms: Effect.tap(host.heldAlarms, () =>
      Effect.sync(() => {
        asked.held += 1
      }))
  }
  return { asked, layer: Layer.succeed(JobsHost, service) }
}

/** Hangs in the first attempt of those named so, and notes all attempts. */
const hangingOnce = () => {
  const ran: Array<string> = []
  const hung = new Set<string>()
  const execute = (ctx: CountContext) =>
    Effect.suspend(() => {
      ran.push(ctx.id)
      if (!ctx.id.startsWith("long") || hung.has(ctx.id)) return ctx.updateState(({ n }) => ({ n: n + 1 }))
      hung.add(ctx.id)
      return Effect.never
    })
  return { execute, ran }
}

/** A life that ends while an attempt of `long` runs. */
const cutOff = Effect.fnUntraced(function*(host: JobsHostService) {
  const { execute, ran } = hangingOnce()
  const registry = createJobRegistry({ job: counting({ execute }) })
  const life = yield* openRuntime(registry, Layer.succeed(JobsHost, host), { gracePeriod: 0 })
  const start = yield* Effect.forkChild(Effect.exit(life.client.continuous("job").start({ id: "long", input })))
  yield* TestClock.adjust("20 millis")
  yield* life.close
  yield* Fiber.join(start)
  return { ran, registry }
})

describe.each(storages)("what runs at the moment, on $name", ({ open }) => {
  const openHost = Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))

  it.effect("costs a look for due alarms nothing, however many handlers that is, also when they were cut off once", () =>
    Effect.gen(function*() {
      const host = yield* openHost
      const ran: Array<string> = []
      let call: "start" | "trigger" = "start"
      const execute = (ctx: CountContext) =>
        Effect.suspend(() => {
          ran.push(ctx.id)
          // In the second life it has the only place for alarms at first, so that calls come to the others before.
          if (ctx.id === "long 0" && call === "trigger") {
            return ctx.runCount > 1
              ? Effect.void
              : Effect.sleep("30 seconds")
          }
          return ctx.id.startsWith("long") ? Effect.never : ctx.updateState(({ n }) => ({ n: n + 1 }))
        })
      const registry = createJobRegistry({ job: counting({ execute }) })
      const ids = Array.from({ length: 300 }, (_, n) => `long ${n}`)
      for (call of ["start", "trigger"] as const) {
        const { asked, layer } = counted(host)
        const { client, close } = yield* openRuntime(registry, layer, { alarmConcurrency: 1, gracePeriod: 0 })
        const job = client.continuous("job")
        yield* settled
        for (const id of ids) {
          const answer: Effect.Effect<unknown, JobsError> = call === "start"
            ? job.start({ id, input })
            : job.trigger({ id })
          yield* Effect.forkChild(Effect.exit(answer))
        }
        yield* pass("20 millis")
        assert.sameMembers(ran.splice(0), ids)
        const short = `${call} short`
        yield* job.start({ id: short, input })
        yield* pass("1 minute", 2)
        assert.lengthOf(ran.splice(0).filter((id) => id === short), 2)
        assert.isAbove(asked.looks, 0)
        // The one that may run, and the one to wait for.
        assert.strictEqual(asked.limit, 2)
        assert.strictEqual(asked.held, 1)
        yield* close
      }
    }))

  it.effect("is found by the next life in due order among what is overdue, some at a time", () =>
    Effect.gen(function*() {
      const host = Layer.succeed(JobsHost, yield* openHost)
      const { execute, ran } = hangingOnce()
      const sleeping = counting({ execute, startImmediately: false })
      const registry = createJobRegistry({ job: counting({ execute }), sleeping })
      const options = { alarmConcurrency: 1, gracePeriod: 0 }
      const first = yield* openRuntime(registry, host, options)
      const { job, sleeping: sleeper } = {
        job: first.client.continuous("job"),
        sleeping: first.client.continuous("sleeping")
      }
      // The first one takes the only place for alarms, so that the second is overdue when the third begins.
      yield* sleeper.start({ id: "long first", input })
      yield* TestClock.adjust("1 second")
      yield* sleeper.start({ id: "second", input })
      yield* TestClock.adjust("61 seconds")
      const start = yield* Effect.forkChild(Effect.exit(job.start({ id: "long third", input })))
      yield* TestClock.adjust("1 second")
      yield* sleeper.start({ id: "fourth", input })
      yield* first.close
      yield* Fiber.join(start)
      assert.deepStrictEqual(ran.splice(0), ["long first", "long third"])

      yield* TestClock.adjust("2 minutes")
      const second = yield* openRuntime(registry, host, options)
      yield* settled
      assert.deepStrictEqual(ran, ["long first", "second", "long third", "fourth"])
      const recovered = (yield* second.events).flatMap((event) =>
        event.type === "execution.started" && event.recovered === true ? [event.instanceId] : []
      )
      assert.deepStrictEqual(recovered, ["continuous:sleeping:long first", "continuous:job:long third"])
    }))

  it.effect("is found by the next life also when the host cannot be read at first", () =>
    Effect.gen(function*() {
      const host = yield* openHost
      const { ran, registry } = yield* cutOff(host)

      let fails = 2
      const troubled = Layer.succeed(JobsHost, {
        ...host,
        heldAlarms: Effect.suspend(() =>
          fails-- > 0
            ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is away." }))
            : host.heldAlarms
        )
      })
      const second = yield* openRuntime(registry, troubled)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(ran, ["long"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(ran, ["long", "long"])
      assert.deepStrictEqual(yield* second.client.continuous("job").getState({ id: "long" }), { state: { n: 1 } })
    }))

  it.effect("is found by the next life also when a call on its instance cannot read it meanwhile", () =>
    Effect.gen(function*() {
      const host = yield* openHost
      const { ran, registry } = yield* cutOff(host)

      const found = yield* Latch.make(false)
      const lost = yield* Latch.make(false)
      let fails = 1
      const troubled = Layer.succeed(JobsHost, {
        ...host,
        heldAlarms: found.whenOpen(host.heldAlarms),
        load: (instanceId) =>
          Effect.suspend(() =>
            fails-- > 0
              ? lost.whenOpen(Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is away." })))
              : host.load(instanceId)
          )
      })
      const second = yield* openRuntime(registry, troubled)
      const trigger = yield* Effect.forkChild(Effect.exit(second.client.continuous("job").trigger({ id: "long" })))
      yield* settled
      yield* found.open
      yield* settled
      yield* lost.open
      assert.isTrue(Exit.isFailure(yield* Fiber.join(trigger)))
      yield* settled
      assert.deepStrictEqual(ran, ["long", "long"])
    }))

  it.effect("runs again in the same life when a host has stored its begin and could not say so", () =>
    Effect.gen(function*() {
      const host = yield* openHost
      let isCut = false
      const layer = Layer.succeed(JobsHost, {
        ...host,
        commit: (commit) =>
          Effect.tap(host.commit(commit), () => {
            if (!isCut || commit.alarm?.isHeld !== true) return Effect.void
            isCut = false
            return Effect.fail(new HostUnavailable({ host: "test", problem: "The answer was lost." }))
          })
      })
      const { execute, ran } = hangingOnce()
      const runtime = yield* openRuntime(createJobRegistry({ job: counting({ execute }) }), layer)
      isCut = true
      const start = yield* Effect.forkChild(Effect.exit(runtime.client.continuous("job").start({ id: "long", input })))
      yield* TestClock.adjust("20 millis")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(start)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(ran, ["long", "long"])
      assert.deepInclude(yield* runtime.client.continuous("job").status({ id: "long" }), { runCount: 1, attempt: 0 })
    }))

  it.effect("runs again by a call that comes before the alarm does, and not twice", () =>
    Effect.gen(function*() {
      const host = Layer.succeed(JobsHost, yield* openHost)
      const { execute, ran } = hangingOnce()
      const registry = createJobRegistry({ job: counting({ execute }) })
      const first = yield* openRuntime(registry, host, { gracePeriod: 0 })
      const start = yield* Effect.forkChild(Effect.exit(first.client.continuous("job").start({ id: "long", input })))
      yield* TestClock.adjust("20 millis")
      yield* first.close
      yield* Fiber.join(start)

      const second = yield* openRuntime(registry, host, { alarmConcurrency: 0 })
      yield* second.client.continuous("job").trigger({ id: "long" })
      yield* second.close
      const third = yield* openRuntime(registry, host)
      yield* settled
      assert.deepStrictEqual(ran, ["long", "long"])
      assert.deepInclude(yield* third.client.continuous("job").status({ id: "long" }), { runCount: 1, attempt: 0 })
    }))

  it.effect("waits for a program that has its job, and keeps no others waiting", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      const host = Layer.succeed(JobsHost, inner)
      const { execute, ran } = hangingOnce()
      const gone = counting({ execute })
      const first = yield* openRuntime(createJobRegistry({ gone }), host, { gracePeriod: 0 })
      const ids = Array.from({ length: 20 }, (_, n) => `long ${n}`)
      const starts = yield* Effect.forkChild(
        Effect.forEach(ids, (id) => Effect.exit(first.client.continuous("gone").start({ id, input })), {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust("20 millis")
      yield* first.close
      yield* Fiber.join(starts)
      ran.length = 0

      const second = yield* openRuntime(createJobRegistry({ job: counting() }), host, { alarmConcurrency: 2 })
      yield* second.client.continuous("job").start({ id, input })
      yield* pass("1 minute")
      assert.deepStrictEqual(yield* second.client.continuous("job").getState({ id }), { state: { n: 2 } })
      assert.lengthOf(yield* allAlarms(inner), 21)
      yield* second.close
      assert.deepStrictEqual(ran, [])

      yield* openRuntime(createJobRegistry({ gone, job: counting() }), host, { alarmConcurrency: 2 })
      yield* pass("1 second")
      assert.deepStrictEqual(ran, ids)
    }))

  it.effect("keeps no others waiting when more shards of pools are at work than alarms may run at a time", () =>
    Effect.gen(function*() {
      const shards = 16
      const pool = pooling({ shards, concurrency: shards, execute: () => Effect.never })
      const registry = createJobRegistry({ job: counting(), pool })
      const { client } = yield* openRuntime(registry, yield* open, { alarmConcurrency: 1, gracePeriod: 0 })
      for (let n = 0; n < 99; n++) yield* client.workerPool("pool").enqueue({ event: { n }, itemId: `i${n}` })
      yield* pass("20 millis")
      assert.deepInclude(yield* client.workerPool("pool").status(), { running: shards })
      yield* client.continuous("job").start({ id, input })
      yield* pass("1 minute")
      assert.deepStrictEqual(yield* client.continuous("job").getState({ id }), { state: { n: 2 } })
    }))
})
