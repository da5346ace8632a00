import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, JobsHost } from "../src/index.ts"
import { counting } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { openPool, pass, settled } from "./worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }

/** The test's clock, but for a time of day that can be set, and with a note of each sleep. */
const makeJumpingClock = Effect.map(Clock.Clock, (clock) => {
  const wall = { offsetMs: 0 }
  const sleepsMs: Array<number> = []
  const now = () => clock.currentTimeMillisUnsafe() + wall.offsetMs
  const jumping: Clock.Clock = {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: () => BigInt(now()) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) =>
      Effect.suspend(() => {
        sleepsMs.push(Duration.toMillis(duration))
        return clock.sleep(duration)
      })
  }
  return { jumping, sleepsMs, wall }
})

/** A pool whose one item has failed and waits for its retry, and somebody who waits for the pool to be drained. */
const openWithRetry = Effect.fnUntraced(function*(delay: Duration.Input) {
  const { jumping, wall } = yield* makeJumpingClock
  const given = {
    execute: (_event: unknown, { attempt }: { readonly attempt: number }) =>
      attempt === 1 ? Effect.fail("no") : Effect.void,
    retry: { maxAttempts: 2, delay }
  }
  const { pool } = yield* Effect.provideService(openPool(JobsHost.memory, given), Clock.Clock, jumping)
  yield* pool.enqueue({ event: { n: 1 } })
  yield* settled
  const drain = yield* Effect.forkChild(pool.drain())
  yield* settled
  return { drain, wall }
})

describe("alarms and the time of day", () => {
  it.effect("a wall clock that jumps forward, as after a suspend, makes no alarm late by more than half a minute", () =>
    Effect.gen(function*() {
      const { jumping, wall } = yield* makeJumpingClock
      const registry = createJobRegistry({ job: counting({ schedule: Continuous.every("2 hours") }) })
      const runtime = yield* Effect.provideService(openRuntime(registry, JobsHost.memory), Clock.Clock, jumping)
      const job = runtime.client.continuous("job")
      yield* job.start({ id, input })
      wall.offsetMs = Duration.toMillis("2 hours")
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
    }))

  it.effect("nor is an item's retry, while somebody waits for its pool", () =>
    Effect.gen(function*() {
      const { drain, wall } = yield* openWithRetry("2 hours")
      wall.offsetMs = Duration.toMillis("2 hours")
      yield* pass("30 seconds")
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 1 })
    }))

  it.effect("a sleep that ends a little before its time skips no retry", () =>
    Effect.gen(function*() {
      const { drain, wall } = yield* openWithRetry("10 seconds")
      wall.offsetMs = -1
      yield* pass("10 seconds")
      assert.isUndefined(drain.pollUnsafe())
      yield* pass("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 1 })
    }))

  it.effect("a schedule beyond the reach of the platform's timers sleeps in pieces", () =>
    Effect.gen(function*() {
      const { jumping, sleepsMs } = yield* makeJumpingClock
      const registry = createJobRegistry({ job: counting({ schedule: Continuous.every("40 days") }) })
      const runtime = yield* Effect.provideService(openRuntime(registry, JobsHost.memory), Clock.Clock, jumping)
      const job = runtime.client.continuous("job")
      yield* job.start({ id, input })
      yield* TestClock.adjust("1 hour")
      assert.isAbove(sleepsMs.length, 0)
      assert.isBelow(Math.max(...sleepsMs), 2 ** 31)
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
    }))
})
