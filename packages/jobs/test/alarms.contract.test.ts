import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { type Commit, Continuous, createJobRegistry, JobsHost } from "../src/index.ts"
import { allAlarms } from "./support/allAlarms.ts"
import { counting, failing } from "./support/definitions.ts"
import { assertOrdered } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { recordLog } from "./support/recorders.ts"
import { storages } from "./support/storages.ts"
import { until } from "./support/until.ts"

const id = "a"
const input = { n: 0 }
const instanceId = "continuous:job:a"

/** More loads than any of these tests needs: a runner that goes round in a circle is held here, not for ever. */
const manyLoads = 50

describe.each(storages)("the alarms on $name", ({ open }) => {
  /** The host, and what was asked of it. */
  const openWatched = Effect.gen(function*() {
    const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
    const loads: Array<string> = []
    const commits: Array<Commit> = []
    const watched: typeof host = {
      ...host,
      load: (instanceId) =>
        Effect.suspend(() => {
          loads.push(instanceId)
          return loads.length > manyLoads ? Effect.never : host.load(instanceId)
        }),
      commit: (commit) => Effect.tap(host.commit(commit), () => Effect.sync(() => commits.push(commit)))
    }
    return { commits, host, loads, watched }
  })

  it.effect("a firing of the life before is none of this one", () =>
    Effect.gen(function*() {
      const { commits, watched } = yield* openWatched
      // A host that brings its alarms itself, and late.
      const layer = Layer.succeed(JobsHost, { ...watched, earliestAlarms: () => Effect.succeed([]) })
      const generation = () => commits.at(-1)?.alarm?.generation
      const retry = { maxAttempts: 2, delay: "1 second" } as const
      const definition = failing(2, { onExhausted: "keep", retry })
      const { client, dispatcher, events } = yield* openRuntime(createJobRegistry({ job: definition }), layer)
      const job = client.continuous("job")
      yield* job.start({ id, input })
      const stale = generation()
      yield* TestClock.adjust("1 second")
      yield* Effect.flip(dispatcher.handleAlarm(instanceId, stale))
      assert.deepStrictEqual(yield* job.retry({ id }), { retried: true })
      yield* TestClock.adjust("1 minute")

      const before = (yield* events).length
      yield* dispatcher.handleAlarm(instanceId, stale)
      assert.lengthOf(yield* events, before)
      yield* dispatcher.handleAlarm(instanceId, generation())
      assert.lengthOf(yield* events, before + 4)
    }))

  /** A stored instance as somebody has damaged it. */
  const openDamaged = (
    damage: (stored: { readonly record: string; readonly alarm: Commit["alarm"] }) => {
      readonly record: string
      readonly alarm: Commit["alarm"]
    }
  ) =>
    Effect.gen(function*() {
      const { commits, host, loads, watched } = yield* openWatched
      const registry = createJobRegistry({ job: counting({ startImmediately: false }) })
      const before = yield* openRuntime(registry, Layer.succeed(JobsHost, watched))
      yield* before.client.continuous("job").start({ id, input })
      yield* before.close
      const { alarm, record } = commits.at(-1) ?? assert.fail("nothing is stored")
      const entries = new Map()
      const damaged = damage({ record: record ?? "", alarm })
      yield* host.commit({ instanceId, expectedVersion: 1, ...damaged, events: [], entries })
      loads.length = 0
      const runtime = yield* openRuntime(registry, Layer.succeed(JobsHost, watched))
      return { ...runtime, host, loads, job: runtime.client.continuous("job") }
    })

  it.effect("of another generation than their instance's are set right, and then run it", () =>
    Effect.gen(function*() {
      const { events, host, job, loads } = yield* openDamaged(({ alarm, record }) => ({
        record,
        alarm: { dueAt: 30_000, generation: (alarm?.generation ?? 0) + 7 }
      }))
      yield* TestClock.adjust("31 seconds")
      assert.isAtMost(loads.length, 10)
      assert.deepInclude(yield* job.status({ id }), { runCount: 0, nextRunAt: 60_000 })
      const record = yield* host.earliestAlarms(9, 0)
      assert.deepStrictEqual(record.map(({ dueAt }) => dueAt), [60_000])
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* job.status({ id }), { runCount: 1, nextRunAt: 120_000 })
      assert.lengthOf((yield* events).filter(({ type }) => type === "alarm.fired"), 1)
    }))

  it.effect("of an instance that waits for none are taken away", () =>
    Effect.gen(function*() {
      const { host, job, loads } = yield* openDamaged(({ record, alarm }) => ({
        record: JSON.stringify({ ...JSON.parse(record), alarm: null }),
        alarm
      }))
      yield* TestClock.adjust("61 seconds")
      assert.isAtMost(loads.length, 10)
      assert.deepStrictEqual(yield* allAlarms(host), [])
      assert.deepInclude(yield* job.status({ id }), { status: "running", runCount: 0, nextRunAt: null })
      assert.deepInclude(yield* job.trigger({ id }), { triggered: true })
      assert.deepInclude(yield* job.status({ id }), { runCount: 1 })
    }))

  it.effect("that change nothing leave their instance alone until somebody triggers it", () =>
    Effect.gen(function*() {
      // Failed ones have no alarm, and nothing runs on one.
      const { host, job, loads } = yield* openDamaged(({ record, alarm }) => ({
        record: JSON.stringify({ ...JSON.parse(record), status: "failed" }),
        alarm
      }))
      yield* job.start({ id: "b", input })
      yield* TestClock.adjust("59 seconds")
      const before = loads.length
      yield* TestClock.adjust("6 seconds")
      assert.isAtMost(loads.length - before, 15)
      assert.deepStrictEqual((yield* host.earliestAlarms(9, Infinity)).map(({ instanceId }) => instanceId), [
        "continuous:job:b"
      ])
      assert.deepInclude(yield* job.status({ id }), { status: "failed", nextRunAt: null })
      assert.deepInclude(yield* job.status({ id: "b" }), { runCount: 1 })
      assert.deepStrictEqual(yield* job.discard({ id }), { discarded: true })
    }))

  it.effect("of jobs that the registry does not have are left alone, and keep no others waiting", () =>
    Effect.gen(function*() {
      const { host, loads, watched } = yield* openWatched
      const foreign = ["x", "y", "z"]
      const first = yield* openRuntime(createJobRegistry({ foreign: counting() }), Layer.succeed(JobsHost, host))
      for (const id of foreign) yield* first.client.continuous("foreign").start({ id, input })
      yield* first.close

      const registry = createJobRegistry({ job: counting() })
      const second = yield* openRuntime(registry, Layer.succeed(JobsHost, watched), { alarmConcurrency: 1 })
      const job = second.client.continuous("job")
      yield* job.start({ id, input })
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 3 } })
      // The first one tells of all.
      assert.deepStrictEqual(loads.filter((instanceId) => instanceId.includes("foreign")), ["continuous:foreign:x"])
      assert.lengthOf(yield* host.earliestAlarms(9), 4)
    }))

  it.effect(
    "of jobs that the registry does not have cost nothing more for being many, and are told of once a job",
    () =>
      Effect.gen(function*() {
        const { commits, host, watched } = yield* openWatched
        const first = yield* openRuntime(createJobRegistry({ gone: counting() }), Layer.succeed(JobsHost, watched))
        yield* first.client.continuous("gone").start({ id, input })
        yield* first.close
        const { record } = commits.at(-1) ?? assert.fail("nothing is stored")
        const stored = record ?? ""
        const many = 8000
        const copies = Array.from({ length: many }, (_, n) => ({
          instanceId: `continuous:gone${n % 2}:${n}`,
          expectedVersion: 0,
          record: stored.replace(`"jobName":"gone"`, `"jobName":"gone${n % 2}"`).replace(`"id":"a"`, `"id":"${n}"`),
          alarm: { dueAt: n, generation: 1 },
          events: [],
          entries: new Map()
        }))
        yield* Effect.forEach(copies, host.commit, { concurrency: 1000, discard: true })

        const asked = { most: 0, loads: 0 }
        const counted: typeof host = {
          ...host,
          load: (instanceId) => Effect.suspend(() => (asked.loads += 1, host.load(instanceId))),
          earliestAlarms: (...range) =>
            Effect.tap(host.earliestAlarms(...range), ({ length }) =>
              Effect.sync(() => {
                asked.most = Math.max(asked.most, length)
              }))
        }
        const { layer, lines } = recordLog()
        const registry = createJobRegistry({ job: counting() })
        const second = yield* Effect.provide(
          openRuntime(registry, Layer.succeed(JobsHost, counted), { alarmConcurrency: 4 }),
          layer
        )
        const job = second.client.continuous("job")
        yield* job.start({ id, input })
        for (let minute = 0; minute < 3; minute++) yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 4 } })
        assert.isAtMost(asked.most, 10)
        assert.isAtMost(asked.loads, 30)
        const told = lines.filter(({ message }) => message.includes("registry does not have"))
        assert.sameMembers(told.map(({ annotations }) => annotations["jobName"]), ["gone", "gone0", "gone1"])
        assert.lengthOf(told, 3)
        assert.lengthOf(yield* host.earliestAlarms(many + 9), many + 2)
      }),
    30_000
  )

  it.effect("of instances whose state cannot be read any more hold nobody up, and are told of once each", () =>
    Effect.gen(function*() {
      const { commits, host, watched } = yield* openWatched
      const job = counting({ startImmediately: false })
      const first = yield* openRuntime(createJobRegistry({ job }), Layer.succeed(JobsHost, watched))
      yield* first.client.continuous("job").start({ id, input })
      yield* first.close
      const { alarm, record } = commits.at(-1) ?? assert.fail("nothing is stored")
      const sooner = record?.replace(`"at":60000`, `"at":59999`) ?? ""
      const store = (id: string, record: string) =>
        host.commit({
          instanceId: `continuous:job:${id}`,
          expectedVersion: 0,
          record: record.replace(`"id":"a"`, `"id":"${id}"`),
          alarm: { dueAt: 59_999, generation: alarm?.generation ?? 0 },
          events: [],
          entries: new Map()
        })
      const changed = Array.from({ length: 100 }, (_, n) => `changed ${n}`)
      const unreadable = Array.from({ length: 100 }, (_, n) => `unreadable ${n}`)
      for (const id of changed) yield* store(id, sooner.replace(`"state":{"n":0}`, `"state":{"n":"zero"}`))
      for (const id of unreadable) yield* store(id, sooner.replace(`"jobType"`, `"kind"`))

      const { layer, lines } = recordLog()
      const options = { alarmConcurrency: 2 }
      const { client } = yield* Effect.provide(
        openRuntime(createJobRegistry({ job }), Layer.succeed(JobsHost, host), options),
        layer
      )
      yield* TestClock.adjust("1 minute")
      yield* until(Effect.map(client.continuous("job").getState({ id }), ({ state }) => state?.n === 1))
      const ofUnreadable = () =>
        lines.map(({ annotations }) => String(annotations["instanceId"]))
          .filter((instanceId) => instanceId !== "continuous:job:a")
      yield* until(Effect.sync(() => ofUnreadable().length >= 200))
      assert.sameMembers(ofUnreadable(), [...changed, ...unreadable].map((id) => `continuous:job:${id}`))
      assert.deepStrictEqual((yield* host.earliestAlarms(9)).map(({ instanceId }) => instanceId), [instanceId])
    }))

  it.effect("that a host goes on telling of are asked about now and then, not without end", () =>
    Effect.gen(function*() {
      const { host, loads, watched } = yield* openWatched
      const alarm = { dueAt: 0, generation: 1 }
      const commit = { record: `{"format":1}`, expectedVersion: 0, alarm, events: [], entries: new Map() }
      yield* host.commit({ instanceId, ...commit })
      const stubborn = { ...watched, earliestAlarms: () => Effect.succeed([{ instanceId, ...alarm }]) }
      yield* openRuntime(createJobRegistry({ job: counting() }), Layer.succeed(JobsHost, stubborn))
      const turns = Effect.repeat(Effect.yieldNow, { times: 1000 })
      yield* turns
      const before = loads.length
      assert.isBelow(before, 10)
      yield* TestClock.adjust("1 second")
      yield* turns
      assert.isAbove(loads.length, before)
      assert.isBelow(loads.length, 20)
    }))

  it.effect("of an attempt that was cut off and whose state cannot be read are silent", () =>
    Effect.gen(function*() {
      const { host, loads, watched } = yield* openWatched
      const hanging = createJobRegistry({ job: counting({ execute: () => Effect.never }) })
      const first = yield* openRuntime(hanging, Layer.succeed(JobsHost, host), { gracePeriod: 0 })
      const start = yield* Effect.forkChild(Effect.exit(first.client.continuous("job").start({ id, input })))
      yield* TestClock.adjust("20 millis")
      yield* first.close
      yield* Fiber.join(start)
      assert.lengthOf(yield* host.heldAlarms, 1)

      const changed = Continuous.make({
        stateSchema: Schema.Struct({ unit: Schema.String }),
        schedule: Continuous.every("1 minute"),
        execute: () => Effect.void
      })
      const second = yield* openRuntime(createJobRegistry({ job: changed }), Layer.succeed(JobsHost, watched))
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* second.client.continuous("job").status({ id }), { status: "failed", attempt: 1 })
      assert.deepStrictEqual(yield* allAlarms(host), [])
      assert.isBelow(loads.length, manyLoads)
    }))
})

describe.each(storages)("a clock that steps back on $name", ({ open }) => {
  it.effect("changes nothing in the order of events", () =>
    Effect.gen(function*() {
      const { client, events } = yield* openRuntime(createJobRegistry({ job: counting() }), yield* open)
      const job = client.continuous("job")
      yield* TestClock.setTime(Date.UTC(1970, 0, 2, 3))
      yield* job.start({ id, input })
      yield* TestClock.setTime(Date.UTC(1970, 0, 2, 2))
      yield* job.trigger({ id })
      const told = yield* events
      assert.lengthOf(told, 8)
      assertOrdered(told)
      assert.strictEqual(told.at(-1)?.timestamp, "1970-01-02T03:00:00.000Z")
    }))
})
