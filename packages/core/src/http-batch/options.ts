import { Duration, Effect, Formatter, Option, Redacted, Schema } from "effect"
import type { Origin } from "../events/header.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { RetryPolicy } from "./retryPolicy.ts"
import type { BatchLimits } from "./split.ts"

/** An option that cannot work: says which, what it was and what is allowed. */
export class InvalidTrackerConfig extends Schema.TaggedError<InvalidTrackerConfig>()("InvalidTrackerConfig", {
  option: Schema.String,
  value: Schema.String,
  allowed: Schema.String
}) {
  override get message(): string {
    return `HttpBatchTrackerConfig: \`${this.option}\` is ${this.value}; it has to be ${this.allowed}`
  }
}

/** A config whose defaults are filled in and whose values hold. */
export interface Options extends BatchLimits, Required<Pick<HttpBatchTrackerConfig, "compression" | "overflow">> {
  readonly url: string
  /** The endpoint as it may be logged: without a query, which may carry secrets. */
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

/** Timers hold no more than this. */
const maxTimerMs = 2_147_483_647

const invalid = (option: string, value: unknown, allowed: string) =>
  new InvalidTrackerConfig({
    option,
    value: value === undefined ? "missing" : Formatter.format(value),
    allowed
  })

const integer = (option: string, value: number, max: number) =>
  Number.isInteger(value) && value >= 1 && value <= max
    ? Effect.succeed(value)
    : Effect.fail(invalid(option, value, `an integer from 1 to ${max}`))

const millis = (option: string, value: Duration.Input, min: number) => {
  const duration = Option.map(Duration.fromInput(value), Duration.toMillis)
  return Option.isSome(duration) && duration.value >= min && duration.value <= maxTimerMs
    ? Effect.succeed(duration.value)
    : Effect.fail(
      invalid(option, value, `a duration from ${min} ms to 24 days, such as 500 (milliseconds) or "2 seconds"`)
    )
}

const oneOf = <const T extends string>(option: string, value: T, allowed: ReadonlyArray<T>) =>
  allowed.includes(value)
    ? Effect.succeed(value)
    : Effect.fail(invalid(option, value, allowed.map((name) => `"${name}"`).join(" or ")))

const text = (option: string, value: string) =>
  typeof value === "string" && value.length > 0
    ? Effect.succeed(value)
    : Effect.fail(invalid(option, value, "a text that is not empty"))

const endpointOf = Effect.fnUntraced(function*(endpoint: string | URL) {
  const url = URL.parse(String(endpoint))
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return yield* invalid("endpoint", endpoint, "an http or https URL, such as http://127.0.0.1:8084/v1/events")
  }
  if (url.username !== "" || url.password !== "") {
    // The value itself stays out of the message: it holds a secret.
    return yield* invalid("endpoint", "a URL with a password", "a URL without one; send it in `headers.authorization`")
  }
  url.hash = ""
  return url
})

const ownHeaders = new Set(["content-type", "content-length", "content-encoding", "traceparent", "host", "connection"])
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

const headersOf = Effect.fnUntraced(function*(headers: NonNullable<HttpBatchTrackerConfig["headers"]>) {
  const plain: Record<string, string> = {}
  for (const [name, given] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (!headerName.test(name)) return yield* invalid("headers", name, "names of HTTP headers")
    if (ownHeaders.has(lower)) {
      return yield* invalid("headers", name, "headers that the tracker does not set itself")
    }
    const value = Redacted.isRedacted(given) ? Redacted.value(given) : given
    if (typeof value !== "string" || !headerValue.test(value)) {
      return yield* invalid(`headers.${lower}`, "not shown", "a text of one line in Latin-1")
    }
    plain[lower] = value
  }
  return plain
})

const retryOf = Effect.fnUntraced(function*(retry: NonNullable<HttpBatchTrackerConfig["retry"]>) {
  return {
    attempts: yield* integer("retry.attempts", retry.attempts ?? 10, 1000),
    baseMs: yield* millis("retry.base", retry.base ?? 250, 1),
    maxMs: yield* millis("retry.max", retry.max ?? 30_000, 1),
    jitter: yield* oneOf("retry.jitter", retry.jitter ?? "full", ["full", "none"])
  }
})

/** Fills in defaults and checks every value. */
export const resolveOptions = Effect.fnUntraced(function*(
  config: HttpBatchTrackerConfig
): Effect.fn.Return<Options, InvalidTrackerConfig> {
  const url = yield* endpointOf(config.endpoint)
  return {
    url: url.href,
    shownUrl: url.origin + url.pathname,
    origin: { env: yield* text("env", config.env), serviceKey: yield* text("serviceKey", config.serviceKey) },
    headers: yield* headersOf(config.headers ?? {}),
    batchSize: yield* integer("batchSize", config.batchSize ?? 100, 10_000),
    maxBatchBytes: yield* integer("maxBatchBytes", config.maxBatchBytes ?? 1_048_576, 1_073_741_824),
    flushIntervalMs: yield* millis("flushInterval", config.flushInterval ?? 1000, 0),
    maxPending: yield* integer("maxPending", config.maxPending ?? 10_000, 10_000_000),
    maxPendingBytes: yield* integer("maxPendingBytes", config.maxPendingBytes ?? 16_777_216, 2 ** 40),
    overflow: yield* oneOf("overflow", config.overflow ?? "dropNewest", ["dropNewest", "dropOldest"]),
    concurrency: yield* integer("concurrency", config.concurrency ?? 4, 64),
    retry: yield* retryOf(config.retry ?? {}),
    requestTimeoutMs: yield* millis("requestTimeout", config.requestTimeout ?? 10_000, 1),
    shutdownTimeoutMs: yield* millis("shutdownTimeout", config.shutdownTimeout ?? 3000, 0),
    compression: yield* oneOf("compression", config.compression ?? "none", ["none", "gzip"])
  }
})
