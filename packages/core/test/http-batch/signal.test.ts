import { comeBack, hold, startEmitter, startEndpoint, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { transports } from "./openTracker.ts"

// NodeRuntime.runMain interrupts its program on a signal and ends with this code.
const interrupted = { code: 130, signal: null }

describe.each(transports)("a process with HttpBatch on $name", ({ name }) => {
  it.live.each(["SIGTERM", "SIGINT"] as const)(
    "delivers what is pending when it gets %s, then ends",
    (signal) =>
      Effect.gen(function*() {
        const endpoint = yield* startEndpoint()
        yield* endpoint.answerNext(status(503), { kind: "reset" }, comeBack(429, { seconds: 0 }), hold(store))
        const emitter = yield* startEmitter({
          endpoint: endpoint.url,
          transport: name,
          events: 2000,
          shutdownTimeoutMs: 25_000
        })
        assert.strictEqual(yield* emitter.pending, 2000)
        assert.strictEqual((yield* endpoint.totals()).requests, 0)
        yield* emitter.signal(signal)
        yield* endpoint.awaitRequests(4)
        yield* endpoint.release()
        assert.deepStrictEqual(yield* emitter.ended, { ...interrupted, lost: {} })
        const { duplicates, stored } = yield* endpoint.totals()
        assert.deepStrictEqual({ duplicates, stored }, { duplicates: 0, stored: 2000 })
      })
  )

  it.live("ends after shutdownTimeout when the endpoint answers nothing, and tells what is lost", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      const emitter = yield* startEmitter({
        endpoint: endpoint.url,
        transport: name,
        events: 30,
        shutdownTimeoutMs: 1500 // within which a request gets through also when the machine is busy
      })
      yield* emitter.pending
      yield* emitter.signal("SIGTERM")
      assert.deepStrictEqual(yield* emitter.ended, { ...interrupted, lost: { shutdown: 30 } })
      assert.strictEqual((yield* endpoint.totals()).requests, 1)
    }))
})
