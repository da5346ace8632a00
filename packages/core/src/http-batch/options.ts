import { Effect } from "effect"
import type { Origin } from "../events/header.ts"
import type { HttpBatchTrackerConfig, TrackerRetry } from "./HttpBatchTrackerConfig.ts"
import { invalid, InvalidTrackerConfig, isPlainObject, onlyKnown, optionalFunction, rules } from "./optionRules.ts"
import { requestHeaders } from "./requestHeaders.ts"
import type { RetryPolicy } from "./retryPolicy.ts"
import type { BatchLimits } from "./split.ts"

export { InvalidTrackerConfig }

/** A validated config with all defaults filled in. */
export interface Options extends BatchLimits, Required<Pick<HttpBatchTrackerConfig, "compression" | "overflow">> {
  readonly url: string
  /** The endpoint in a form that may be logged: without a query, which may contain secrets. */
  readonly shownUrl: string
  readonly origin: Origin
  readonly headers: Readonly<Record<string, string>>
  readonly flushIntervalMs: number
  readonly maxPending: number
  readonly maxPendingBytes: number
  readonly concurrency: number
  readonly retry: RetryPolicy
  readonly requestTimeoutMs: number
  readonly shutdownTimeoutMs: number
}

const functions = ["redact", "sample", "onLoss", "waitUntil"] as const

// Taken from a record, so that a new config option cannot be forgotten here.
const names = Object.keys(
  {
    endpoint: 0,
    env: 0,
    serviceKey: 0,
    headers: 0,
    batchSize: 0,
    maxBatchBytes: 0,
    flushInterval: 0,
    maxPending: 0,
    maxPendingBytes: 0,
    overflow: 0,
    concurrency: 0,
    retry: 0,
    requestTimeout: 0,
    shutdownTimeout: 0,
    compression: 0,
    transport: 0,
    redact: 0,
    sample: 0,
    onLoss: 0,
    waitUntil: 0
  } satisfies Record<keyof HttpBatchTrackerConfig, 0>
)
const retryNames = Object.keys({ attempts: 0, base: 0, max: 0, jitter: 0 } satisfies Record<keyof TrackerRetry, 0>)

const retryOf = Effect.fnUntraced(function*(retry: TrackerRetry) {
  if (!isPlainObject(retry)) {
    return yield* invalid("retry", retry, "an object")
  }
  yield* onlyKnown(retry, retryNames, "retry.")
  const { attempts = 10, base, jitter = "full", max = 30_000 } = retry
  const maxMs = yield* rules.pause("retry.max", max)
  const baseMs = base === undefined ? Math.min(250, maxMs) : yield* rules.pause("retry.base", base)
  if (baseMs > maxMs) return yield* invalid("retry.base", base, `at most \`retry.max\`, which is ${maxMs} ms`)
  return {
    attempts: yield* rules.attempts("retry.attempts", attempts),
    baseMs,
    maxMs,
    jitter: yield* rules.jitter("retry.jitter", jitter)
  }
})

/** Fills in defaults and validates everything except `transport`, which is validated when it is opened. */
export const resolveOptions = Effect.fnUntraced(function*(
  config: HttpBatchTrackerConfig
): Effect.fn.Return<Options, InvalidTrackerConfig> {
  yield* onlyKnown(config, names)
  for (const name of functions) yield* optionalFunction(name, config[name])
  const {
    batchSize = 100,
    compression = "none",
    concurrency = 4,
    flushInterval = 1000,
    headers = {},
    maxBatchBytes = 1_048_576,
    maxPending = 10_000,
    maxPendingBytes = 16_777_216,
    overflow = "dropNewest",
    requestTimeout = 10_000,
    retry = {},
    shutdownTimeout = 3000
  } = config
  const url = yield* rules.endpoint("endpoint", config.endpoint)
  return {
    url: url.href,
    shownUrl: url.origin + url.pathname,
    origin: {
      env: yield* rules.env("env", config.env),
      serviceKey: yield* rules.serviceKey("serviceKey", config.serviceKey)
    },
    headers: yield* requestHeaders(headers),
    batchSize: yield* rules.batchSize("batchSize", batchSize),
    maxBatchBytes: yield* rules.maxBatchBytes("maxBatchBytes", maxBatchBytes),
    flushIntervalMs: yield* rules.flushInterval("flushInterval", flushInterval),
    maxPending: yield* rules.maxPending("maxPending", maxPending),
    maxPendingBytes: yield* rules.maxPendingBytes("maxPendingBytes", maxPendingBytes),
    overflow: yield* rules.overflow("overflow", overflow),
    concurrency: yield* rules.concurrency("concurrency", concurrency),
    retry: yield* retryOf(retry),
    requestTimeoutMs: yield* rules.requestTimeout("requestTimeout", requestTimeout),
    shutdownTimeoutMs: yield* rules.shutdownTimeout("shutdownTimeout", shutdownTimeout),
    compression: yield* rules.compression("compression", compression)
  }
})
