import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import { createJobRegistry, createJobsRuntime, JobsClient, jobsClient, JobsHost, JobsRuntime } from "../src/index.ts"
import { counting } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { temporaryFolder } from "./support/storages.ts"

const id = "a"
const ones = createJobRegistry({ one: counting() })
const twos = createJobRegistry({ two: counting() })

const startOne = Effect.flatMap(jobsClient(ones), (client) => client.continuous("one").start({ id, input: { n: 1 } }))
const startTwo = Effect.flatMap(jobsClient(twos), (client) => client.continuous("two").start({ id, input: { n: 2 } }))
const stateOfTwo = Effect.flatMap(jobsClient(twos), (client) => client.continuous("two").getState({ id }))

class One extends Context.Service<One, JobsClient["Service"]>()("test/One") {
  static readonly on = <E>(runtime: Layer.Layer<JobsClient, E>) => Layer.provide(Layer.effect(One, JobsClient), runtime)
}
class Two extends Context.Service<Two, JobsClient["Service"]>()("test/Two") {
  static readonly on = <E>(runtime: Layer.Layer<JobsClient, E>) => Layer.provide(Layer.effect(Two, JobsClient), runtime)
}

const startBoth = Effect.gen(function*() {
  yield* Effect.provideService(startOne, JobsClient, yield* One)
  yield* Effect.provideService(startTwo, JobsClient, yield* Two)
})

describe("runtimes in one program", () => {
  it.effect("know their own registries, side by side", () =>
    Effect.provide(startBoth, Layer.mergeAll(One.on(JobsRuntime.layer(ones)), Two.on(JobsRuntime.layer(twos)))))

  it.effect("know their own registries, one inside the other", () =>
    Effect.gen(function*() {
      yield* startOne
      yield* Effect.provide(startTwo, JobsRuntime.layer(twos))
    }).pipe(Effect.provide(JobsRuntime.layer(ones))))

  it.effect("know their own registries, made of services alone on hosts of their own", () =>
    Effect.gen(function*() {
      yield* startOne
      yield* Effect.provide(startTwo, Layer.provide(JobsRuntime.services(twos), JobsHost.memory))
    }).pipe(Effect.provide(Layer.provide(JobsRuntime.services(ones), JobsHost.memory))))

  it.effect("keep their instances each in its own file", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const hosts = ["one.db", "two.db"].map((name) => JobsHost.sqlite({ filename: join(folder, name) }))
      const [hostOfOne = JobsHost.memory, hostOfTwo = JobsHost.memory] = hosts
      yield* Effect.provide(
        startBoth,
        Layer.mergeAll(
          One.on(JobsRuntime.layer(ones, { host: hostOfOne })),
          Two.on(JobsRuntime.layer(twos, { host: hostOfTwo }))
        )
      )
      const idsIn = Effect.fnUntraced(function*(host: typeof hostOfOne) {
        const loaded = Effect.flatMap(JobsHost, (host) =>
          Effect.all([host.load(`continuous:one:${id}`), host.load(`continuous:two:${id}`)]))
        return (yield* Effect.provide(loaded, host)).map((stored) =>
          stored !== undefined
        )
      })
      assert.deepStrictEqual(yield* idsIn(hostOfOne), [true, false])
      assert.deepStrictEqual(yield* idsIn(hostOfTwo), [false, true])
    }))

  it.effect("are one where they are the same layer", () =>
    Effect.gen(function*() {
      const runtime = JobsRuntime.layer(twos)
      const started = Layer.provide(Layer.effectDiscard(startTwo), runtime)
      assert.deepStrictEqual(yield* Effect.provide(stateOfTwo, Layer.merge(started, runtime)), { state: { n: 3 } })
    }))

  it.effect("share what their options give to both", () =>
    Effect.gen(function*() {
      let built = 0
      const layer = Layer.effectDiscard(Effect.sync(() => void (built += 1)))
      yield* Effect.provide(
        startBoth,
        Layer.mergeAll(One.on(JobsRuntime.layer(ones, { layer })), Two.on(JobsRuntime.layer(twos, { layer })))
      )
      assert.strictEqual(built, 1)
    }))
})

describe("an option that is out of range", () => {
  it.each([
    [{ alarmConcurrency: -1 }, "alarmConcurrency must be a whole number from 0 on, not -1"],
    [{ alarmConcurrency: Number.NaN }, "alarmConcurrency must be a whole number from 0 on, not NaN"],
    [{ alarmConcurrency: 2.5 }, "alarmConcurrency must be a whole number from 0 on, not 2.5"],
    [{ alarmConcurrency: Infinity }, "alarmConcurrency must be a whole number from 0 on, not Infinity"],
    [{ gracePeriod: -1 }, "gracePeriod must be a finite duration of at least 0 ms, not -1 ms"],
    [{ gracePeriod: Number.NaN }, "gracePeriod must be a finite duration of at least 0 ms, not NaN ms"],
    [{ gracePeriod: Infinity }, "gracePeriod must be a finite duration of at least 0 ms, not Infinity ms"]
  ])("is told at once: %o", (options, message) => {
    assert.throws(() => createJobsRuntime(ones, options), RangeError, message)
    assert.throws(() => JobsRuntime.layer(ones, options), RangeError, message)
  })

  it.effect("is none where no alarms are to be served", () =>
    openRuntime(ones, JobsHost.memory, { alarmConcurrency: 0, gracePeriod: 0 }))
})
