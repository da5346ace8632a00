import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { resolveOptions } from "../../src/http-batch/options.ts"
import { HttpBatchTrackerConfig, HttpBatchTrackerLayer } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { openTracker } from "./openTracker.ts"

const sound: HttpBatchTrackerConfig = { endpoint: "http://127.0.0.1:1/v1/events", env: "test", serviceKey: "core" }

/** As somebody without types would give it. */
const untyped = (option: string, value: unknown): HttpBatchTrackerConfig =>
  Object.assign({ ...sound }, { [option]: value })

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
  ["headers", { "Content-Type": "text/plain" }]
]

describe("a wrong option of HttpBatch", () => {
  it.effect.each(wrong)(
    "fails when the layer is built, saying what is allowed: %s = %j",
    ([option, value]) =>
      Effect.gen(function*() {
        const [first = "", nested] = option.split(".")
        const config = untyped(first, nested === undefined ? value : { [nested]: value })
        const error = yield* Effect.flip(Effect.scoped(Layer.build(HttpBatchTrackerLayer(config))))
        assert.strictEqual(error.option, option)
        assert.include(error.message, `\`${option}\``)
        assert.isAbove(error.allowed.length, 5)
        if (typeof value === "string" || typeof value === "number") assert.include(error.message, String(value))
      })
  )

  it.effect.each(
    [
      { config: untyped("endpoint", "http://user:s3cret@127.0.0.1/v1/events") },
      { config: untyped("headers", { authorization: "Bearer s3cret\nx: y" }) },
      { config: untyped("headers", { authorization: Redacted.make("Bearer s3cret\nx: y") }) }
    ]
  )("does not show a secret %#", ({ config }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(HttpBatchTrackerLayer(config))))
      assert.notInclude(error.message, "s3cret")
      assert.notInclude(JSON.stringify(error), "s3cret")
    }))
})

const read = (env: Record<string, string>) =>
  Effect.provide(
    Effect.gen(function*() {
      return yield* HttpBatchTrackerConfig.fromEnv
    }),
    ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
  )

describe("HttpBatchTrackerConfig.fromEnv", () => {
  const required = {
    TRACKER_ENDPOINT: "http://127.0.0.1:8084/v1/events",
    TRACKER_ENV: "prod",
    TRACKER_SERVICE_KEY: "billing"
  }

  it.effect("needs no more than endpoint, env and service key", () =>
    Effect.gen(function*() {
      const config = yield* read(required)
      assert.include(config, { endpoint: "http://127.0.0.1:8084/v1/events", env: "prod", serviceKey: "billing" })
      yield* Effect.scoped(Layer.build(HttpBatchTrackerLayer(config)))
    }))

  it.effect("reads every variable, the API key as a bearer that does not print", () =>
    Effect.gen(function*() {
      const config = yield* read({
        ...required,
        TRACKER_API_KEY: "s3cret",
        TRACKER_BATCH_SIZE: "50",
        TRACKER_MAX_BATCH_BYTES: "1000",
        TRACKER_FLUSH_INTERVAL: "500 millis",
        TRACKER_MAX_PENDING: "20",
        TRACKER_CONCURRENCY: "2",
        TRACKER_REQUEST_TIMEOUT: "5 seconds",
        TRACKER_SHUTDOWN_TIMEOUT: "1 second",
        TRACKER_COMPRESSION: "gzip"
      })
      assert.notInclude(JSON.stringify(config), "s3cret")
      const authorization = config.headers?.["authorization"]
      assert.isTrue(Redacted.isRedacted(authorization) && Redacted.value(authorization) === "Bearer s3cret")
      const options = yield* resolveOptions(config)
      assert.include(options, {
        batchSize: 50,
        maxBatchBytes: 1000,
        flushIntervalMs: 500,
        maxPending: 20,
        concurrency: 2,
        requestTimeoutMs: 5000,
        shutdownTimeoutMs: 1000,
        compression: "gzip"
      })
    }))

  it.effect.each(
    [
      { name: "TRACKER_ENDPOINT", value: "" },
      { name: "TRACKER_BATCH_SIZE", value: "many" },
      { name: "TRACKER_FLUSH_INTERVAL", value: "soon" },
      { name: "TRACKER_COMPRESSION", value: "brotli" }
    ]
  )("names the variable that is wrong: $name", ({ name, value }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read({ ...required, [name]: value }))
      assert.include(error.message, name)
    }))

  it.effect("names the variable that is missing", () =>
    Effect.gen(function*() {
      const { TRACKER_ENV: _, ...others } = required
      assert.include((yield* Effect.flip(read(others))).message, "TRACKER_ENV")
    }))
})

describe("a header of HttpBatch", () => {
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
