import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { resolveOptions } from "../../src/http-batch/options.ts"
import { HttpBatchTrackerConfig, HttpBatchTrackerLayer } from "../../src/index.ts"

const required = {
  TRACKER_ENDPOINT: "http://127.0.0.1:8084/v1/events",
  TRACKER_ENV: "prod",
  TRACKER_SERVICE_KEY: "billing"
}

const integer = (max: number) => `an integer from 1 to ${max}`
const duration = `such as "10 seconds"`

const wrong: ReadonlyArray<readonly [string, string, string]> = [
  ["TRACKER_ENDPOINT", "127.0.0.1:8084", "such as http://127.0.0.1:8084/v1/events"],
  ["TRACKER_ENV", " ", "a text that is not blank"],
  ["TRACKER_SERVICE_KEY", "  ", "a text that is not blank"],
  ["TRACKER_BATCH_SIZE", "abc", integer(10_000)],
  ["TRACKER_BATCH_SIZE", "1.5", integer(10_000)],
  ["TRACKER_BATCH_SIZE", "1.2.3", integer(10_000)],
  ["TRACKER_MAX_PENDING", "-.", integer(10_000_000)],
  ["TRACKER_BATCH_SIZE", "10001", integer(10_000)],
  ["TRACKER_MAX_BATCH_BYTES", "1 MiB", integer(1_073_741_824)],
  ["TRACKER_FLUSH_INTERVAL", "soon", duration],
  ["TRACKER_MAX_PENDING", "0", integer(10_000_000)],
  ["TRACKER_CONCURRENCY", "-1", integer(64)],
  ["TRACKER_REQUEST_TIMEOUT", "10s", duration],
  ["TRACKER_REQUEST_TIMEOUT", "0 millis", duration],
  ["TRACKER_SHUTDOWN_TIMEOUT", "30 days", duration],
  ["TRACKER_COMPRESSION", "br", `"none" or "gzip"`]
]

const read = (env: Record<string, string>) =>
  Effect.provide(
    Effect.gen(function*() {
      return yield* HttpBatchTrackerConfig.fromEnv
    }),
    ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
  )

describe("HttpBatchTrackerConfig.fromEnv", () => {
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
      const options = yield* resolveOptions(config)
      assert.deepStrictEqual(options.headers, { authorization: "Bearer s3cret" })
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

  it.effect.each(wrong)(
    "names a wrong variable, its value and what is allowed: %s=%j",
    ([name, value, allowed]) =>
      Effect.gen(function*() {
        const { message } = yield* Effect.flip(read({ ...required, [name]: value }))
        assert.include(message, `\`${name}\` is ${JSON.stringify(value)}`.replace(/"(-?\d+(\.\d+)?)"/, "$1"))
        assert.include(message, allowed)
      })
  )

  it.effect("does not show a wrong API key", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(read({ ...required, TRACKER_API_KEY: "s3cret\nx: y" }))
      assert.include(message, "TRACKER_API_KEY")
      assert.notInclude(message, "s3cret")
    }))

  it.effect("takes what is blank for not set", () =>
    Effect.gen(function*() {
      const blank = yield* read({ ...required, TRACKER_API_KEY: "", TRACKER_BATCH_SIZE: " ", TRACKER_COMPRESSION: "" })
      assert.deepStrictEqual(yield* resolveOptions(blank), yield* resolveOptions(yield* read(required)))
    }))

  it.effect.each(Object.keys(required))("names the variable that is missing: %s", (name) =>
    Effect.gen(function*() {
      const others = Object.entries(required).filter(([other]) => other !== name)
      for (const env of [others, [...others, [name, ""]]]) {
        assert.include((yield* Effect.flip(read(Object.fromEntries(env)))).message, name)
      }
    }))
})
