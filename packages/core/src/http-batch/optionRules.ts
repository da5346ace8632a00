import { Duration, Effect, Formatter, Option, Schema } from "effect"

/** An invalid option. Says which option, its value and what is allowed. */
export class InvalidTrackerConfig extends Schema.TaggedError<InvalidTrackerConfig>()("InvalidTrackerConfig", {
  option: Schema.String,
  value: Schema.String,
  allowed: Schema.String
}) {
  override get message(): string {
    return `HttpBatchTrackerConfig: \`${this.option}\` is ${this.value}; it has to be ${this.allowed}`
  }
}

/** Validates the value of an option or environment variable and returns its parsed form. */
export type Rule<A> = (option: string, value: unknown) => Effect.Effect<A, InvalidTrackerConfig>

export const invalid = (option: string, value: unknown, allowed: string) =>
  Effect.fail(
    new InvalidTrackerConfig({
      option,
      value: value === undefined ? "missing" : Formatter.format(value).slice(0, 200),
      allowed
    })
  )

/** `invalid` for a value that may be a secret. */
export const invalidSecret = (option: string, allowed: string) =>
  Effect.fail(new InvalidTrackerConfig({ option, value: "not shown", allowed }))

const integer = (max: number): Rule<number> => (option, value) =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max
    ? Effect.succeed(value)
    : invalid(option, value, `an integer from 1 to ${max}`)

/** The longest delay that timers support. */
const maxTimerMs = 2_147_483_647

/**
 * `Duration.fromInput` returns `None` for values that are not durations, whatever their type, but reads `NaN` as zero.
 */
const isDurationInput = (value: unknown): value is Duration.Input => !Number.isNaN(value)

const millis = (min: number): Rule<number> => (option, value) => {
  const ms = isDurationInput(value) ? Option.map(Duration.fromInput(value), Duration.toMillis) : Option.none()
  return Option.isSome(ms) && ms.value >= min && ms.value <= maxTimerMs
    ? Effect.succeed(ms.value)
    : invalid(option, value, `a duration from ${min} ms to 24 days, such as "10 seconds"`)
}

const oneOf = <const T extends string>(...allowed: ReadonlyArray<T>): Rule<T> => (option, value) => {
  const found = allowed.find((name) => name === value)
  return found === undefined
    ? invalid(option, value, allowed.map((name) => `"${name}"`).join(" or "))
    : Effect.succeed(found)
}

const text: Rule<string> = (option, value) =>
  typeof value === "string" && value.trim() !== ""
    ? Effect.succeed(value)
    : invalid(option, value, "a text that is not blank")

const endpoint: Rule<URL> = (option, value) => {
  const given = String(value)
  const url = URL.parse(given)
  // Keep the password, whatever it contains, and the query out of the message: they hold secrets.
  const shown = value && given.replace(/^(https?:\/\/)?.*@/s, "$1…@").replace(/\?.*/s, "?…")
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return invalid(option, shown, "an http or https URL, such as http://127.0.0.1:8084/v1/events")
  }
  if (url.username !== "" || url.password !== "") {
    return invalid(option, shown, "a URL without a password; send it in `headers.authorization`")
  }
  url.hash = ""
  return Effect.succeed(url)
}

/** The rules for options and variables alike. */
export const rules = {
  endpoint,
  env: text,
  serviceKey: text,
  batchSize: integer(10_000),
  maxBatchBytes: integer(1_073_741_824),
  flushInterval: millis(0),
  maxPending: integer(10_000_000),
  maxPendingBytes: integer(2 ** 40),
  overflow: oneOf("dropNewest", "dropOldest"),
  concurrency: integer(64),
  attempts: integer(1000),
  pause: millis(1),
  jitter: oneOf("full", "none"),
  requestTimeout: millis(1),
  shutdownTimeout: millis(0),
  compression: oneOf("none", "gzip")
}

/** A function or `undefined`. */
export const optionalFunction: Rule<void> = (option, value) =>
  value === undefined || typeof value === "function" ? Effect.void : invalid(option, value, "a function")

/** An object literal rather than a class instance, from any realm. */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Fails on an unknown option, such as a misspelt one. Its value is not shown: it may be a secret. */
export const onlyKnown = (given: object, names: ReadonlyArray<string>, prefix = "") => {
  const unknown = Object.entries(given).find(([name, value]) => value !== undefined && !names.includes(name))?.[0]
  return unknown === undefined
    ? Effect.void
    : invalidSecret(prefix + unknown, `left out: there are only ${names.join(", ")}`)
}
