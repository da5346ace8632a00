import { type BaseTrackingEvent, type EventTrackerService, noopTracker } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, HostUnavailable, JobsHost } from "../src/index.ts"
import { counting } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }
const registry = createJobRegistry({ job: counting() })

const told = (of: number, sequence: number) =>
  JSON.stringify({ type: "job.started", eventId: `${of}-${sequence}`, timestamp: "2026-01-01T00:00:00.000Z", sequence })

const away: EventTrackerService = {
  ...noopTracker,
  deliver: (events) => Effect.succeed(events.map(() => "retryLater" as const))
}

describe.each(storages)("an outbox on $name", ({ open }) => {
  it.effect("keeps its events while tracking is off, and says once that they wait", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* openRuntime(registry, host, { tracker: away })
      yield* first.client.continuous("job").start({ id, input })
      yield* first.close

      const logged: Array<string> = []
      const logger = Logger.make(({ message }) => void logged.push(String(message)))
      const second = yield* Effect.provide(
        openRuntime(registry, host, { tracker: noopTracker }),
        Logger.layer([logger])
      )
      yield* second.client.continuous("job").trigger({ id })
      yield* TestClock.adjust("1 second")
      yield* second.flush
      yield* second.close
      assert.lengthOf(logged, 1)
      assert.match(logged[0] ?? "", /wait in the outbox \(5\).*option `tracker`/)

      const taken: Array<BaseTrackingEvent> = []
      const tracker: EventTrackerService = { ...noopTracker, emit: (event) => Effect.sync(() => taken.push(event)) }
      const third = yield* openRuntime(registry, host, { tracker })
      yield* third.flush
      yield* third.close
      assert.deepStrictEqual(taken.map((event) => "sequence" in event ? event.sequence : undefined), [1, 2, 3, 4, 5])
      assert.deepStrictEqual(
        yield* Effect.provide(Effect.flatMap(JobsHost, (host) => host.peekOutbox(9)), host),
        []
      )
    }))

  it.effect("sends nothing twice while its host forgets nothing, however much waits", () =>
    Effect.gen(function*() {
      const counts: Array<number> = []
      const tracker: EventTrackerService = {
        ...noopTracker,
        deliver: (events) =>
          Effect.sync(() => {
            counts.push(events.length)
            return events.map(() => "delivered" as const)
          })
      }
      const disk = { isFull: true }
      const host = yield* Effect.map(Layer.build(yield* open), Context.get(JobsHost))
      const commits = 450
      for (let n = 0; n < commits; n++) {
        const instanceId = `continuous:job:i${n}`
        const events = [told(n, 1), told(n, 2)]
        yield* host.commit({ instanceId, expectedVersion: 0, record: null, alarm: null, events, entries: new Map() })
      }
      const failing = Layer.succeed(JobsHost, {
        ...host,
        ackOutbox: (positions) =>
          Effect.suspend(() =>
            disk.isFull
              ? Effect.fail(new HostUnavailable({ host: host.name, problem: "The disk is full." }))
              : host.ackOutbox(positions)
          )
      })
      yield* openRuntime(registry, failing, { tracker })
      yield* TestClock.adjust("10 seconds")
      const sent = () => counts.reduce((sum, count) => sum + count, 0)
      // Until something can be forgotten it goes no further than the rows that it holds.
      assert.isAtMost(sent(), 2 * commits)
      assert.lengthOf(yield* host.peekOutbox(commits), commits)
      disk.isFull = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(sent(), 2 * commits)
      assert.deepStrictEqual(yield* host.peekOutbox(1), [])
    }))

  it.effect("hands a large commit over in parts", () =>
    Effect.gen(function*() {
      const counts: Array<number> = []
      const deliver = (events: ReadonlyArray<unknown>) =>
        Effect.sync(() => {
          counts.push(events.length)
          return events.map(() => "delivered" as const)
        })
      const host = yield* Effect.map(Layer.build(yield* open), Context.get(JobsHost))
      const events = Array.from({ length: 5100 }, (_, n) => told(0, n))
      const instanceId = "continuous:job:i"
      yield* host.commit({ instanceId, expectedVersion: 0, record: null, alarm: null, events, entries: new Map() })
      yield* openRuntime(registry, Layer.succeed(JobsHost, host), { tracker: { ...noopTracker, deliver } })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(counts, [2500, 2500, 100])
      assert.deepStrictEqual(yield* host.peekOutbox(1), [])
    }))

  it.effect("is flushed as soon as its tracker says that it is out of reach", () =>
    Effect.gen(function*() {
      let waits = 0
      const tracker: EventTrackerService = { ...away, flush: () => Effect.sync(() => void (waits += 1)) }
      const runtime = yield* openRuntime(registry, yield* open, { tracker })
      yield* runtime.client.continuous("job").start({ id, input })
      yield* runtime.flush
      assert.strictEqual(waits, 0)
    }))

  describe.each([
    { what: "whose delivery never ends", part: { deliver: () => Effect.never } },
    { what: "whose delivery cannot be interrupted", part: { deliver: () => Effect.uninterruptible(Effect.never) } },
    { what: "whose flush never ends", part: { flush: () => Effect.never } },
    { what: "whose flush cannot be interrupted", part: { flush: () => Effect.uninterruptible(Effect.never) } }
  ])("with a tracker $what", ({ part }) => {
    it.effect("is flushed for 3 s at most, and as long when the runtime closes", () =>
      Effect.gen(function*() {
        const runtime = yield* openRuntime(registry, yield* open, { tracker: { ...noopTracker, ...part } })
        yield* runtime.client.continuous("job").start({ id, input })
        for (const end of [runtime.flush, runtime.close]) {
          const ending = yield* Effect.forkChild(end)
          yield* TestClock.adjust("2999 millis")
          assert.isUndefined(ending.pollUnsafe())
          yield* TestClock.adjust("1 millis")
          yield* Fiber.join(ending)
        }
      }))
  })

  it.effect("has no event under way twice, though nobody waits for the delivery any more", () =>
    Effect.gen(function*() {
      let deliveries = 0
      const sent = yield* Deferred.make<void>()
      const deliver: EventTrackerService["deliver"] = (events) =>
        Effect.suspend(() => {
          deliveries += 1
          return Effect.as(Effect.uninterruptible(Deferred.await(sent)), events.map(() => "delivered" as const))
        })
      const runtime = yield* openRuntime(registry, yield* open, { tracker: { ...noopTracker, deliver } })
      yield* runtime.client.continuous("job").start({ id, input })
      const closing = yield* Effect.forkChild(runtime.close)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(deliveries, 1)
      yield* Deferred.succeed(sent, undefined)
      yield* Fiber.join(closing)
      assert.strictEqual(deliveries, 2)
    }))

  it.effect("is flushed once its tracker has sent what else it holds", () =>
    Effect.gen(function*() {
      const sent = yield* Deferred.make<void>()
      const tracker: EventTrackerService = { ...noopTracker, flush: () => Deferred.await(sent) }
      const runtime = yield* openRuntime(registry, yield* open, { tracker })
      yield* runtime.client.continuous("job").start({ id, input })
      const flush = yield* Effect.forkChild(runtime.flush)
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined(flush.pollUnsafe())
      yield* Deferred.succeed(sent, undefined)
      yield* Fiber.join(flush)
    }))
})
