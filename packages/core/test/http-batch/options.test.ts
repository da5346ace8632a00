import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { resolveOptions } from "../../src/http-batch/options.ts"
import { type HttpBatchTrackerConfig, HttpBatchTrackerLayer } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { openTracker } from "./openTracker.ts"

const sound: HttpBatchTrackerConfig = { endpoint: "http://127.0.0.1:1/v1/events", env: "test", serviceKey: "core" }

/** As somebody without types would give it. */
const untyped = (option: string, value: unknown): HttpBatchTrackerConfig =>
  Object.assign({ ...sound }, { [option]: value })

const givenAs = (option: string, value: unknown): HttpBatchTrackerConfig => {
  const [first = "", nested] = option.split(".")
  return untyped(first, nested === undefined || first === "headers" ? value : { [nested]: value })
}

const failure = (config: HttpBatchTrackerConfig) =>
  Effect.flip(Effect.scoped(Layer.build(HttpBatchTrackerLayer(config))))

const wrong: ReadonlyArray<readonly [string, unknown]> = [
  ["endpoint", undefined],
  ["endpoint", "127.0.0.1:8084"],
  ["endpoint", "ftp://127.0.0.1/v1/events"],
  ["env", ""],
  ["env", undefined],
  ["serviceKey", ""],
  ["batchSize", 0],
  ["batchSize", 1.5],
  ["batchSize", 10_001],
  ["batchSize", "100"],
  ["maxBatchBytes", 0],
  ["flushInterval", -1],
  ["flushInterval", "soon"],
  ["flushInterval", "Infinity"],
  ["maxPending", 0],
  ["maxPendingBytes", Number.NaN],
  ["overflow", "drop"],
  ["concurrency", 65],
  ["retry.attempts", 0],
  ["retry.base", 0],
  ["retry.max", "30 days"],
  ["retry.jitter", "half"],
  ["requestTimeout", 0],
  ["shutdownTimeout", -1],
  ["compression", "brotli"],
  ["transport", "xhr"],
  ["headers", { "bad name": "x" }],
  ["headers", { "Content-Type": "text/plain" }],
  ["headers", { "Transfer-Encoding": "chunked" }],
  ["headers", { "expect": "100-continue" }],
  ["headers", { "upgrade": "websocket" }],
  ["headers", { "te": "trailers" }],
  ["headers", { "trailer": "x-sum" }],
  ["headers", { "X-Team": "a", "x-team": "b" }],
  ["headers", null],
  ["headers", [["authorization", "Bearer x"]]],
  ["headers", new Map([["authorization", "Bearer x"]])],
  ["headers.x-team", { "x-team": undefined }],
  ["env", " "],
  ["serviceKey", "  "],
  ["batchSize", null],
  ["flushInterval", Number.NaN],
  ["flushInterval", true],
  ["retry", 5],
  ["retry", null],
  ["retry", ["full"]],
  ["retry", new Date(0)],
  ["retry.base", "31 seconds"],
  ["redact", "password"],
  ["sample", 0.5],
  ["onLoss", { warn: true }],
  ["waitUntil", null]
]

const misspelt: ReadonlyArray<readonly [string, unknown, string]> = [
  ["batchsize", 10, "batchSize"],
  ["batch_size", 10, "batchSize"],
  ["maxBatchByte", 10, "maxBatchBytes"],
  ["flushIntervall", 10, "flushInterval"],
  ["timeout", 10, "requestTimeout"],
  ["onloss", () => undefined, "onLoss"],
  ["retry.attempt", 3, "retry.attempts"],
  ["retry.jiter", "full", "retry.jitter"]
]

/** The largest that is allowed, and the smallest of durations. */
const bounds: ReadonlyArray<readonly [string, number, number]> = [
  ["batchSize", 10_000, 10_001],
  ["maxBatchBytes", 1_073_741_824, 1_073_741_825],
  ["flushInterval", 0, -1],
  ["flushInterval", 2_147_483_647, 2_147_483_648],
  ["maxPending", 10_000_000, 10_000_001],
  ["maxPendingBytes", 2 ** 40, 2 ** 40 + 1],
  ["concurrency", 64, 65],
  ["retry.attempts", 1000, 1001],
  ["retry.base", 1, 0.999],
  ["retry.max", 1, 0.999],
  ["requestTimeout", 1, 0.999],
  ["shutdownTimeout", 0, -1]
]

describe("an option of HttpBatch", () => {
  it.effect("has the default that its comment says", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* resolveOptions(sound), {
        url: "http://127.0.0.1:1/v1/events",
        shownUrl: "http://127.0.0.1:1/v1/events",
        origin: { env: "test", serviceKey: "core" },
        headers: {},
        batchSize: 100,
        maxBatchBytes: 1_048_576,
        flushIntervalMs: 1000,
        maxPending: 10_000,
        maxPendingBytes: 16_777_216,
        overflow: "dropNewest",
        concurrency: 4,
        retry: { attempts: 10, baseMs: 250, maxMs: 30_000, jitter: "full" },
        requestTimeoutMs: 10_000,
        shutdownTimeoutMs: 3000,
        compression: "none"
      })
    }))

  it.effect.each(bounds)(
    "may be at its bound and no further: %s, %d",
    ([option, last, beyond]) =>
      Effect.gen(function*() {
        yield* resolveOptions(givenAs(option, last))
        assert.strictEqual((yield* failure(givenAs(option, beyond))).option, option)
      })
  )

  it.effect("leaves the fragment of its URL at home", () =>
    Effect.gen(function*() {
      const { url } = yield* resolveOptions({ ...sound, endpoint: "http://127.0.0.1:1/v1/events?a=1#top" })
      assert.strictEqual(url, "http://127.0.0.1:1/v1/events?a=1")
    }))
})

describe("a wrong option of HttpBatch", () => {
  it.effect.each(wrong)(
    "fails when the layer is built, saying what is allowed: %s = %j",
    ([option, value]) =>
      Effect.gen(function*() {
        const error = yield* failure(givenAs(option, value))
        assert.strictEqual(error.option, option)
        assert.include(error.message, `\`${option}\``)
        assert.isAbove(error.allowed.length, 5)
        if (typeof value === "string" || typeof value === "number") assert.include(error.message, String(value))
      })
  )

  it.effect.each(misspelt)(
    "is one that there is none of, and those that there are are named: %s",
    ([option, value, nearest]) =>
      Effect.gen(function*() {
        const error = yield* failure(givenAs(option, value))
        assert.strictEqual(error.option, option)
        assert.include(error.allowed, nearest.replace("retry.", ""))
      })
  )

  it.effect("is not one that was left open", () =>
    Effect.gen(function*() {
      const config = Object.assign(untyped("retry", undefined), { legacy: undefined, headers: undefined })
      assert.deepInclude(yield* resolveOptions(config), { batchSize: 100, headers: {} })
    }))

  it.effect("is not a longest pause below the default of the first", () =>
    Effect.gen(function*() {
      const { retry } = yield* resolveOptions({ ...sound, retry: { max: 100 } })
      assert.deepStrictEqual(retry, { attempts: 10, baseMs: 100, maxMs: 100, jitter: "full" })
    }))

  it.effect.each(
    [
      { config: untyped("apiKey", "s3cret") },
      { config: untyped("endpoint", "user:s3cret@127.0.0.1/v1/events") },
      { config: untyped("endpoint", "ftp://127.0.0.1/v1/events?key=s3cret") },
      { config: untyped("endpoint", "http://svc:s3cret/bG8@127.0.0.1/v1/events") },
      { config: untyped("endpoint", "http://svc:s3cret?bG8@127.0.0.1/v1/events") },
      { config: untyped("endpoint", "http://svc:s3cret#b/G@8@127.0.0.1/v1/events") },
      { config: untyped("headers", "authorization: s3cret") },
      { config: untyped("endpoint", "http://user:s3cret@127.0.0.1/v1/events") },
      { config: untyped("headers", { authorization: "Bearer s3cret\nx: y" }) },
      { config: untyped("headers", { authorization: Redacted.make("Bearer s3cret\nx: y") }) }
    ]
  )("does not show a secret %#", ({ config }) =>
    Effect.gen(function*() {
      const error = yield* failure(config)
      assert.notInclude(error.message, "s3cret")
      assert.notInclude(JSON.stringify(error), "s3cret")
    }))
})

describe("an endpoint that does not parse", () => {
  it.effect.each([
    ["http://127.0.0.1:80840/v1/events", "http://127.0.0.1:80840/v1/events"],
    ["http://svc:aGVs/bG8@tracker.example:x/v1/events?key=1", "http://…@tracker.example:x/v1/events?…"],
    ["svc:aGVs@tracker.example", "…@tracker.example"]
  ])("is shown without what may be a password: %s", ([endpoint, shown]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* failure(untyped("endpoint", endpoint))).value, JSON.stringify(shown))
    }))
})

describe("a header of HttpBatch", () => {
  it.effect("may come in a Headers", () =>
    Effect.gen(function*() {
      const headers = new Headers({ Authorization: "Bearer s3cret", "X-Team": "billing" })
      const options = yield* resolveOptions({ ...sound, headers })
      assert.deepStrictEqual(options.headers, { authorization: "Bearer s3cret", "x-team": "billing" })
    }))

  it.live("is sent, redacted or not", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        headers: { authorization: Redacted.make("Bearer s3cret"), "x-team": "billing" }
      })
      yield* Effect.flatMap(jobEvents(1), Effect.forEach(tracker.emit))
      yield* tracker.flush()
      const [request] = yield* endpoint.requests()
      assert.deepInclude(request?.headers, { authorization: "Bearer s3cret", "x-team": "billing" })
    }))
})
