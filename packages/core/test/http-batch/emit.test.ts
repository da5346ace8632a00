import { hold, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { EventIds } from "../../src/events/EventIds.ts"
import type { JobEvent } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, emitAll, idsOf, openTracker, transports, until } from "./openTracker.ts"

describe.each(transports)("emitting to HttpBatch on $name", ({ transport }) => {
  it.live("encodes nothing on the emitter's stack", () =>
    Effect.gen(function*() {
      let isEmitting = true
      const encodedWhile: Array<boolean> = []
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1 })
      // Delivery has begun and waits for more: nothing but the emitter's own call could start it again.
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      const events = yield* jobEvents(3)
      const watched = events.map((event) => ({
        ...event,
        toJSON() {
          encodedWhile.push(isEmitting)
          return event
        }
      }))
      // As a synchronous caller would: all of its work is over when runSync returns.
      watched.forEach((event) => Effect.runSync(tracker.emit(event)))
      isEmitting = false
      yield* endpoint.awaitStored(4)
      assert.deepStrictEqual(encodedWhile, [false, false, false])
    }))

  it.live("takes no time of its caller while the endpoint is away, hangs or is slow", () =>
    Effect.gen(function*() {
      const { endpoint, tracker, warning } = yield* openTracker({
        transport,
        batchSize: 2,
        retry: { attempts: 1000, base: 1, max: 2 }
      })
      const events = yield* jobEvents(30)
      // An effect that had to wait for anything could not be run so.
      const emit = (from: number) =>
        events.slice(from, from + 10).forEach((event) => Effect.runSync(tracker.emit(event)))
      yield* endpoint.refuse()
      emit(0)
      yield* warning
      emit(10)
      yield* endpoint.answerNext(hold({ kind: "breakBody" }), { kind: "trickleBody", everyMs: 1 })
      yield* endpoint.accept()
      yield* endpoint.awaitRequests(1)
      emit(20)
      assert.strictEqual((yield* balanced(tracker)).emitted, 30)
      yield* endpoint.release()
      yield* endpoint.awaitStored(30)
    }))

  it.live("leaves the event as it is, and makes neither a time nor an id for it", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 3 })
      const asked: Array<unknown> = []
      const spying = <Service extends object>(service: Service) =>
        new Proxy(service, {
          get: (target, name, receiver) => {
            asked.push(name)
            return Reflect.get(target, name, receiver)
          }
        })
      const events = (yield* jobEvents(3)).map((event) => Object.freeze(event))
      const copies = structuredClone(events)
      yield* emitAll(tracker, events).pipe(
        Effect.provideService(Clock.Clock, spying(yield* Clock.Clock)),
        Effect.provideService(EventIds, spying(yield* EventIds))
      )
      assert.deepStrictEqual(asked, [])
      yield* until(tracker, ({ delivered }) => delivered === 3)
      assert.deepStrictEqual(events, copies)
      yield* assertStoredOnce(endpoint, events)
    }))
})

describe("emitting to HttpBatch", () => {
  const bursts = [
    { burst: "a burst", count: 2000, text: "audit" },
    { burst: "large events", count: 30, text: "x".repeat(100_000) }
  ]
  it.live.each(bursts)("lets other fibers run while $burst is encoded", ({ count, text }) =>
    Effect.gen(function*() {
      let encoded = 0
      const { tracker } = yield* openTracker({
        flushInterval: "1 hour",
        batchSize: 10_000,
        redact: (event) => {
          encoded += 1
          return event
        }
      })
      const events = yield* jobEvents(count)
      yield* emitAll(tracker, events.map((event) => ({ ...event, jobName: text })))
      const seen: Array<number> = []
      yield* Effect.sync(() => seen.push(encoded)).pipe(
        Effect.andThen(Effect.yieldNow),
        Effect.repeat({ until: () => encoded === count })
      )
      assert.isAbove(new Set(seen).size, 3)
    }))

  it.live("sends what redact makes of an event, and nothing of one that redact fails on", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        onLoss: () => undefined,
        redact: (event) => {
          if ("sequence" in event && event.sequence === 2) throw new Error("cannot redact")
          return { ...event, jobName: "redacted" }
        }
      })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual((yield* endpoint.stored()).map((event) => event["jobName"]), ["redacted", "redacted"])
      assert.notInclude(JSON.stringify(yield* endpoint.requests()), String(events[1]?.eventId))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { unencodable: 1 })
    }))

  it.live("leaves out what sample says, but never an end, and keeps what sample fails on", () =>
    Effect.gen(function*() {
      const losses: Array<unknown> = []
      const asked: Array<string> = []
      const { endpoint, tracker } = yield* openTracker({
        onLoss: (loss) => losses.push(loss),
        sample: (event) => {
          asked.push(event.type)
          if ("sequence" in event && event.sequence === 2) throw new Error("cannot decide")
          return false
        }
      })
      const [first, second, third] = yield* jobEvents(3)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      const end: JobEvent = { ...third, type: "job.terminated", by: "client", runCount: 3 }
      yield* emitAll(tracker, [first, second, end])
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf([second, end]))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { sampled: 1 })
      assert.deepStrictEqual(losses, [])
      assert.deepStrictEqual(asked, ["execution.started", "execution.started"])
    }))

  it.live("does not tell the emitter when a Worker can be kept alive no longer", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        waitUntil: () => {
          throw new Error("the request is over")
        }
      })
      const events = yield* jobEvents(2)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("keeps each request of a Worker alive that brings a burst, until nothing is pending", () =>
    Effect.gen(function*() {
      const promises: Array<Promise<void>> = []
      const { endpoint, tracker } = yield* openTracker({
        flushInterval: 0,
        waitUntil: (promise) => promises.push(promise)
      })
      yield* endpoint.answerNext(hold(store))
      for (const expected of [1, 2]) {
        yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
        yield* endpoint.awaitRequests(expected)
        assert.lengthOf(promises, expected)
      }
      yield* endpoint.release()
      yield* Effect.promise(() => Promise.all(promises))
      assert.strictEqual(yield* tracker.pending(), 0)
    }))

  it.live("keeps a Worker alive until nothing is pending, once a burst", () =>
    Effect.gen(function*() {
      const promises: Array<Promise<void>> = []
      const { endpoint, tracker } = yield* openTracker({
        flushInterval: "1 millis",
        waitUntil: (promise) => promises.push(promise)
      })
      let emitted = 0
      for (const expected of [1, 2]) {
        const events = yield* jobEvents(3)
        yield* emitAll(tracker, events)
        assert.lengthOf(promises, expected)
        yield* Effect.promise(() => Promise.all(promises))
        emitted += events.length
        assert.lengthOf(yield* endpoint.stored(), emitted)
        assert.strictEqual(yield* tracker.pending(), 0)
      }
    }))
})
