import type { JobEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type CatchUp, Continuous, createJobRegistry, JobsHost } from "../src/index.ts"
import { type CountContext, counting } from "./support/definitions.ts"
import { assertOrdered, path } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

/** Turns of the scheduler enough for a chain of runs and their commits. */
const settled = Effect.repeat(TestClock.adjust(0), { times: 30 })

const id = "a"
const input = { n: 0 }
const minuteMs = 60_000

const run = ["execution.started(alarm 1)", "execution.succeeded"]
const scheduled = "alarm.scheduled(schedule)"

/** Minutes after the beginning for which alarms that fired had been set. */
const firedFor = (events: ReadonlyArray<JobEvent>) =>
  events.flatMap((event) => event.type === "alarm.fired" ? [Date.parse(event.scheduledFor) / minuteMs] : [])

const schedules = [
  { by: "every", schedule: Continuous.every("1 minute") },
  { by: "cron", schedule: Continuous.cron("* * * * *") }
]
const cases = storages.flatMap(({ name, open }) => schedules.map((schedule) => ({ name, open, ...schedule })))

/** Its second run takes two and a half minutes. */
const longRun = (ctx: CountContext) =>
  Effect.andThen(
    ctx.runCount === 2 ? Effect.sleep("150 seconds") : Effect.void,
    ctx.updateState(({ n }) => ({ n: n + 1 }))
  )

describe.each(cases)("ticks of $by that were missed, on $name", ({ open, schedule }) => {
  /** Started at 0, not up from 1 min 30 s to 4 min 30 s: three ticks are missed. */
  const afterDowntime = Effect.fnUntraced(function*(catchUp: CatchUp, given: Parameters<typeof counting>[0] = {}) {
    const host = yield* open
    const registry = createJobRegistry({ job: counting({ schedule, catchUp, ...given }) })
    const first = yield* openRuntime(registry, host)
    yield* first.client.continuous("job").start({ id, input })
    yield* TestClock.adjust("90 seconds")
    yield* first.close
    yield* TestClock.adjust("3 minutes")
    const second = yield* openRuntime(registry, host)
    yield* settled
    return { ...second, host, job: second.client.continuous("job") }
  })

  it.effect("skip: none of them runs, and the next one does", () =>
    Effect.gen(function*() {
      const { events, job } = yield* afterDowntime("skip")
      assert.deepStrictEqual(path(yield* events), ["alarm.scheduled(schedule replaces)"])
      assert.deepInclude(yield* job.status({ id }), { runCount: 2, nextRunAt: 5 * minuteMs })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(path(yield* events).slice(1), ["alarm.fired(schedule)", ...run, scheduled])
      assert.deepStrictEqual(firedFor(yield* events), [5])
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 3 } })
    }))

  it.effect("latest: one run stands for all of them", () =>
    Effect.gen(function*() {
      const { events, job } = yield* afterDowntime("latest")
      assert.deepStrictEqual(path(yield* events), ["alarm.fired(schedule)", ...run, scheduled])
      assert.deepInclude(yield* job.status({ id }), { runCount: 3, nextRunAt: 5 * minuteMs })
    }))

  it.effect("all: each has its run, one after the other, with an alarm of its own", () =>
    Effect.gen(function*() {
      const { events, job } = yield* afterDowntime("all")
      const told = yield* events
      const once = ["alarm.fired(schedule)", ...run, scheduled]
      assert.deepStrictEqual(path(told), [...once, ...once, ...once])
      assert.deepStrictEqual(firedFor(told), [2, 3, 4])
      assert.deepStrictEqual(
        told.flatMap((event) => event.type === "alarm.fired" ? [event.lateByMs] : []),
        [150_000, 90_000, 30_000]
      )
      assert.deepStrictEqual(
        told.flatMap((event) => event.type === "execution.started" ? [event.executionId?.split(":").at(-1)] : []),
        ["r3", "r4", "r5"]
      )
      assert.deepInclude(yield* job.status({ id }), { runCount: 5, nextRunAt: 5 * minuteMs })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 5 } })
    }))

  it.effect.each<{ readonly catchUp: CatchUp; readonly fired: Array<number> }>([
    { catchUp: "skip", fired: [1, 4] },
    { catchUp: "latest", fired: [1, 3, 4] },
    { catchUp: "all", fired: [1, 2, 3, 4] }
  ])("$catchUp: of those that pass during a long run", ({ catchUp, fired }) =>
    Effect.gen(function*() {
      const registry = createJobRegistry({ job: counting({ schedule, catchUp, execute: longRun }) })
      const { client, events } = yield* openRuntime(registry, yield* open)
      yield* client.continuous("job").start({ id, input })
      // From 1 min to 3 min 30 s, so that two ticks pass.
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("150 seconds")
      yield* settled
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(firedFor(yield* events), fired)
      assertOrdered(yield* events)
      assert.deepInclude(yield* client.continuous("job").status({ id }), { nextRunAt: 5 * minuteMs })
    }))

  it.effect("all: a tick whose attempts fail is not run again, and none after it is left out", () =>
    Effect.gen(function*() {
      const { events, job } = yield* afterDowntime("all", {
        retry: { maxAttempts: 2, delay: "70 seconds" },
        execute: (ctx) =>
          ctx.runCount === 3 && ctx.attempt === 1
            ? Effect.fail(new Error("not now"))
            : ctx.updateState(({ n }) => ({ n: n + 1 }))
      })
      // The third run's retry waits from 4 min 30 s on, so that a fifth tick passes.
      assert.deepStrictEqual(firedFor(yield* events), [2])
      yield* TestClock.adjust("70 seconds")
      yield* settled
      assert.deepStrictEqual(
        (yield* events).flatMap((event) => event.type === "alarm.fired" ? [`${event.kind} ${event.scheduledFor}`] : []),
        [
          "schedule 1970-01-01T00:02:00.000Z",
          "retry 1970-01-01T00:05:40.000Z",
          "schedule 1970-01-01T00:03:00.000Z",
          "schedule 1970-01-01T00:04:00.000Z",
          "schedule 1970-01-01T00:05:00.000Z"
        ]
      )
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 6 } })
    }))

  it.effect("all: a run that a call asked for takes no tick's place", () =>
    Effect.gen(function*() {
      const { client, events } = yield* openRuntime(
        createJobRegistry({ job: counting({ schedule, catchUp: "all" }) }),
        yield* open
      )
      const job = client.continuous("job")
      yield* job.start({ id, input })
      yield* TestClock.adjust("30 seconds")
      yield* job.trigger({ id })
      assert.deepInclude(yield* job.status({ id }), { nextRunAt: minuteMs })
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(firedFor(yield* events), [1, 2, 3])
    }))

  it.effect("all: a shutdown in the middle of making up leaves none out", () =>
    Effect.gen(function*() {
      let runs = 0
      const execute = (ctx: CountContext) =>
        Effect.suspend(() => {
          runs += 1
          return runs === 4 ? Effect.never : ctx.updateState(({ n }) => ({ n: n + 1 }))
        })
      const host = yield* open
      const registry = createJobRegistry({ job: counting({ schedule, catchUp: "all", execute }) })
      const first = yield* openRuntime(registry, host)
      yield* first.client.continuous("job").start({ id, input })
      yield* first.close
      yield* TestClock.adjust("330 seconds")
      const second = yield* openRuntime(registry, host, { gracePeriod: 0 })
      yield* settled
      yield* TestClock.adjust("20 millis")
      assert.deepStrictEqual(firedFor(yield* second.events), [1, 2, 3])
      yield* second.close
      yield* TestClock.adjust("1 minute")

      const third = yield* openRuntime(registry, host)
      yield* settled
      assert.deepStrictEqual(firedFor(yield* third.events), [4, 5, 6])
      // Started, and once for each of six ticks.
      assert.deepStrictEqual(yield* third.client.continuous("job").getState({ id }), { state: { n: 7 } })
    }))

  it.effect("all: a definition that comes to it later does not make up for the time before", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = createJobRegistry({ job: counting({ schedule, catchUp: "all" }) })
      const first = yield* openRuntime(before, host)
      yield* first.client.continuous("job").start({ id, input })
      yield* first.close
      const between = createJobRegistry({ job: counting({ schedule }) })
      const second = yield* openRuntime(between, host)
      yield* TestClock.adjust("10 minutes")
      yield* second.close
      const third = yield* openRuntime(before, host)
      yield* third.client.continuous("job").trigger({ id })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(firedFor(yield* third.events), [11])
    }))

  it.effect("skip: a tick that waits for its turn in a runtime that is up is late, not missed", () =>
    Effect.gen(function*() {
      const definition = counting({
        schedule,
        catchUp: "skip",
        startImmediately: false,
        execute: (ctx) => Effect.andThen(Effect.sleep("50 seconds"), ctx.updateState(({ n }) => ({ n: n + 1 })))
      })
      const host = yield* open
      const runtime = yield* openRuntime(createJobRegistry({ job: definition }), host, {
        alarmConcurrency: 1,
        gracePeriod: 0
      })
      const job = runtime.client.continuous("job")
      for (const each of ["x", "y"]) yield* job.start({ id: each, input })
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("50 seconds")
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual(yield* job.getState({ id: "x" }), { state: { n: 1 } })
      assert.deepStrictEqual(yield* job.getState({ id: "y" }), { state: { n: 1 } })
    }))
})

describe.each(storages)("cron schedules on $name", ({ open }) => {
  it.effect("run at the times that a zone's clocks show, through the change to summer time", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-03-27T12:00:00Z"))
      const schedule = Continuous.cron("30 2 * * *", { zone: "Europe/Berlin" })
      const registry = createJobRegistry({ job: counting({ schedule, startImmediately: false }) })
      const { client, events } = yield* openRuntime(registry, yield* open)
      yield* client.continuous("job").start({ id, input })
      yield* TestClock.adjust("3 days")
      assert.deepStrictEqual(
        (yield* events).flatMap((event) => event.type === "execution.started" ? [event.timestamp] : []),
        ["2026-03-28T01:30:00.000Z", "2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z"]
      )
    }))

  it.effect("tell when they run next, and run at once when started unless told otherwise", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-11-20T12:00:00Z"))
      const schedule = Continuous.cron("0 9 * * MON-FRI", { zone: "Europe/Berlin" })
      const { client } = yield* openRuntime(createJobRegistry({ job: counting({ schedule }) }), yield* open)
      const job = client.continuous("job")
      yield* job.start({ id, input })
      const nextRunAt = Date.parse("2026-11-23T08:00:00Z")
      assert.deepInclude(yield* job.status({ id }), { runCount: 1, nextRunAt })
      yield* TestClock.setTime(nextRunAt)
      assert.deepInclude(yield* job.status({ id }), { runCount: 2, nextRunAt: nextRunAt + 24 * 60 * minuteMs })
    }))

  it.effect("with a fixed delay no tick is missed: what was due runs once, late", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      for (const catchUp of ["skip", "all"] as const) {
        const schedule = Continuous.every("1 minute", { mode: "fixedDelay" })
        const registry = createJobRegistry({ [catchUp]: counting({ schedule, catchUp }) })
        const first = yield* openRuntime(registry, Layer.succeed(JobsHost, host))
        const start = yield* Effect.forkChild(first.client.continuous(catchUp).start({ id, input }))
        yield* Fiber.join(start)
        yield* first.close
        yield* TestClock.adjust("10 minutes")
        const second = yield* openRuntime(registry, Layer.succeed(JobsHost, host))
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual(yield* second.client.continuous(catchUp).getState({ id }), { state: { n: 2 } })
        yield* second.close
      }
    }))
})
