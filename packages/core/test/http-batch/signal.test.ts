import { comeBack, hold, startEmitter, startEndpoint, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { transports } from "./openTracker.ts"

// NodeRuntime.runMain interrupts its program on a signal and ends with this code.
const interrupted = { code: 130, signal: null }

const layers = {
  "node:http": `"node"`,
  fetch: `"fetch"`,
  HttpClient: `Layer.provide(HttpClientTransportLayer, FetchHttpClient.layer)`
}

/** Emits an event and has nothing more to do; no timer of a tracker may hold it up. */
const program = (endpoint: string, name: keyof typeof layers, end: string) => `
  import { createHttpBatchTracker, createTaskEvent } from "@durable-effect/core"
  import { HttpClientTransportLayer } from "@durable-effect/core/HttpClientTransport"
  import { Effect, Exit, Layer, Scope } from "effect"
  import { FetchHttpClient } from "effect/http"
  const scope = Scope.makeUnsafe()
  await Effect.runPromise(Effect.gen(function*() {
    const tracker = yield* Scope.provide(scope)(createHttpBatchTracker({
      endpoint: ${JSON.stringify(endpoint)},
      env: "test",
      serviceKey: "core",
      transport: ${layers[name]},
      flushInterval: 0,
      requestTimeout: "1 hour",
      shutdownTimeout: "100 millis",
      onLoss: () => undefined
    }))
    const payload = { task_id: "t-1", state: "running", progress: 0.5 }
    yield* Effect.flatMap(createTaskEvent("task.progress", "core", payload), tracker.emit)
    yield* ${end}
  }))
`

describe.each(transports)("a process with HttpBatch on $name", ({ name }) => {
  const ends = [
    ["has delivered everything and is left open", store, "tracker.flush()", 1],
    ["has closed without an answer", { kind: "hang" }, "Scope.close(scope, Exit.void)", 0]
  ] as const
  it.live.each(ends)("ends by itself when its tracker %s", ([, answer, end, stored]) =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answer({ otherwise: answer })
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [
            "--conditions=source",
            "--input-type=module",
            "--eval",
            program(endpoint.url, name, end)
          ], { cwd: import.meta.dirname, stdio: ["ignore", "inherit", "inherit"] })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      assert.deepStrictEqual(yield* Effect.promise(() => once(child, "close")), [0, null])
      assert.lengthOf(yield* endpoint.stored(), stored)
    }))

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
