import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import {
  createHttpBatchTracker,
  type HttpBatchTrackerConfig,
  TrackerTransport,
  TransportFailed
} from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll } from "./openTracker.ts"

/** A transport of the user's own, which answers what it is told without a network; time is the test's alone. */
const open = Effect.fnUntraced(function*(
  respond: (request: number) => Effect.Effect<number, TransportFailed>,
  given: Partial<HttpBatchTrackerConfig> = {}
) {
  let requests = 0
  const logged: Array<string> = []
  const transport = Layer.succeed(TrackerTransport, {
    send: (_request, onHead) =>
      Effect.map(respond(requests++), (status) => {
        onHead({ status, retryAfter: undefined })
        return ""
      })
  })
  const logger = Logger.make(({ message }) => void logged.push(String(message)))
  const tracker = yield* Effect.provide(
    createHttpBatchTracker({
      endpoint: "http://tracker.test/v1/events?key=s3cret",
      env: "test",
      serviceKey: "core",
      transport,
      retry: { jitter: "none" },
      shutdownTimeout: 0, // at the end of a test nobody moves the clock any more
      onLoss: () => undefined,
      ...given
    }),
    Logger.layer([logger])
  )
  return { tracker, requests: () => requests, logged }
})

const ok = () => Effect.succeed(200)
const unreachable = () => Effect.fail(new TransportFailed({ detail: "ECONNREFUSED" }))

/** Lets all fibers go on until they wait for time alone: no step of theirs takes more than a few turns of the event loop. */
const quiet = Effect.repeat(Effect.yieldNow, { times: 20 })

const pass = (duration: Duration.Input) => quiet.pipe(Effect.andThen(TestClock.adjust(duration)), Effect.andThen(quiet))

/** Second by second, so that each timer is set at its own second. */
const seconds = (count: number) => Effect.repeat(pass("1 second"), { times: count - 1 })

describe("HttpBatch and time", () => {
  it.effect("sends a batch when its oldest event has waited flushInterval, not before", () =>
    Effect.gen(function*() {
      const { requests, tracker } = yield* open(ok, { flushInterval: "1 second" })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* pass("600 millis")
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* pass("399 millis")
      assert.strictEqual(requests(), 0)
      yield* pass("1 millis")
      assert.strictEqual(requests(), 1)
      assert.strictEqual((yield* balanced(tracker)).delivered, 2)
    }))

  it.effect("doubles its pause with every failure, up to retry.max", () =>
    Effect.gen(function*() {
      const { requests, tracker } = yield* open(unreachable, {
        flushInterval: 0,
        retry: { base: "1 second", max: "4 seconds", jitter: "none" }
      })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* quiet
      const seen: Array<number> = []
      for (let second = 0; second < 15; second++) {
        seen.push(requests())
        yield* pass("1 second")
      }
      assert.deepStrictEqual(seen, [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5])
    }))

  it.effect("takes a request without an answer for failed after requestTimeout", () =>
    Effect.gen(function*() {
      const { requests, tracker } = yield* open(
        (request) => request === 0 ? Effect.never : Effect.succeed(200),
        { flushInterval: 0, requestTimeout: "10 seconds", retry: { base: 1, jitter: "none" } }
      )
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* pass("9999 millis")
      assert.strictEqual(requests(), 1)
      yield* pass("2 millis")
      assert.strictEqual(requests(), 2)
      assert.strictEqual((yield* balanced(tracker)).delivered, 1)
    }))

  it.effect("warns of an unreachable endpoint once a minute, naming it without its query", () =>
    Effect.gen(function*() {
      const { logged, requests, tracker } = yield* open(unreachable, {
        flushInterval: 0,
        retry: { base: "1 second", max: "1 second", jitter: "none", attempts: 1000 }
      })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* seconds(59)
      assert.strictEqual(requests(), 60)
      assert.lengthOf(logged, 1)
      assert.include(logged[0], "http://tracker.test/v1/events")
      assert.include(logged[0], "ECONNREFUSED")
      assert.notInclude(logged[0], "s3cret")
      yield* seconds(60)
      assert.lengthOf(logged, 2)
    }))

  it.effect.each(
    [
      ["ECONNREFUSED", "tracker-server runs there"],
      ["ENOTFOUND", "host name"],
      ["EAI_AGAIN", "host name"],
      ["CERT_HAS_EXPIRED", "NODE_EXTRA_CA_CERTS"],
      ["ERR_TLS_CERT_ALTNAME_INVALID", "NODE_EXTRA_CA_CERTS"]
    ] as const
  )("says what to check after %s", ([detail, advice]) =>
    Effect.gen(function*() {
      const { logged, tracker } = yield* open(() => Effect.fail(new TransportFailed({ detail })), { flushInterval: 0 })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* quiet
      assert.lengthOf(logged, 1)
      assert.include(logged[0], `: ${detail}.`)
      assert.include(logged[0], advice)
    }))

  it.effect("takes no pause before the halves of a batch that was refused", () =>
    Effect.gen(function*() {
      const { requests, tracker } = yield* open((request) => Effect.succeed(request === 0 ? 422 : 200), {
        flushInterval: 0
      })
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* quiet
      assert.strictEqual(requests(), 3)
      assert.strictEqual((yield* balanced(tracker)).delivered, 2)
    }))

  it.effect("survives a transport that throws", () =>
    Effect.gen(function*() {
      const { tracker } = yield* open(
        (request) => request === 0 ? Effect.die(new Error("broken")) : Effect.succeed(200),
        { flushInterval: 0 }
      )
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* pass("1 second")
      assert.strictEqual((yield* balanced(tracker)).delivered, 2)
    }))
})
