import type { EventError } from "@durable-effect/core"
import { Cause, Predicate, Schema } from "effect"

/** An attempt took longer than `retry.timeout`. */
export class AttemptTimedOut extends Schema.TaggedError<AttemptTimedOut>()("AttemptTimedOut", {
  timeoutMs: Schema.Finite
}) {
  override get message() {
    return `The attempt took longer than ${this.timeoutMs} ms (retry.timeout) and was interrupted`
  }
}

/** User code succeeded but left a state that its schema rejects, or that is not storable JSON. */
export class InvalidState extends Schema.TaggedError<InvalidState>()("InvalidState", { problem: Schema.String }) {
  override get message() {
    return `The handler left a state that cannot be stored: ${this.problem}`
  }
}

/** A thrown value may be anything, including something that throws when inspected. */
const attempted = <A>(look: () => A): A | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}

const fieldOf = (thrown: unknown, field: "_tag" | "name" | "message" | "stack"): string | undefined => {
  const value = attempted(() => Predicate.hasProperty(thrown, field) ? thrown[field] : undefined)
  return typeof value === "string" ? value : undefined
}

const textOf = (value: unknown): string =>
  (typeof value === "string" ? value : attempted(() => JSON.stringify(value))) ?? attempted(() => String(value)) ??
    "what was thrown cannot be shown as text"

/** The first error of a cause, as events carry it. Never throws. */
export const errorOfCause = (cause: Cause.Cause<unknown>): EventError => {
  const thrown = Cause.squash(cause)
  const isError = attempted(() => Predicate.isError(thrown)) === true
  const name = fieldOf(thrown, isError ? "name" : "_tag")
  const stack = isError ? fieldOf(thrown, "stack") : undefined
  const message = fieldOf(thrown, "message")
  return {
    ...(name === undefined ? {} : { name }),
    message: isError && (message === undefined || message === "") ? name ?? "Error" : message ?? textOf(thrown),
    ...(stack === undefined ? {} : { stack })
  }
}
