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

/** User code ended well but left a state that its schema refuses. */
export class InvalidState extends Schema.TaggedError<InvalidState>()("InvalidState", { problem: Schema.String }) {
  override get message() {
    return `The handler left a state that its schema refuses: ${this.problem}`
  }
}

const textOf = (value: unknown): string => {
  if (typeof value === "string") return value
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

/** The one error that a cause tells first, as events carry it. */
export const errorOfCause = (cause: Cause.Cause<unknown>): EventError => {
  const thrown = Cause.squash(cause)
  if (Predicate.isError(thrown)) {
    return {
      name: thrown.name,
      message: thrown.message === "" ? thrown.name : thrown.message,
      ...(thrown.stack === undefined ? {} : { stack: thrown.stack })
    }
  }
  const name = Predicate.hasProperty(thrown, "_tag") && Predicate.isString(thrown._tag) ? { name: thrown._tag } : {}
  const message = Predicate.hasProperty(thrown, "message") && Predicate.isString(thrown.message)
    ? thrown.message
    : textOf(thrown)
  return { ...name, message }
}
