import type { EventError } from "@durable-effect/core"

/**
 * Changes or hides user data in events, before it is stored or sent. `field` is `input`, `event`, `preExecutionState`,
 * `finalState` or `error.stack`. The value is a copy, which may be mutated.
 */
export type Redact = (field: string, value: unknown) => unknown

/** Leaves everything unchanged. The default. */
export const unredacted: Redact = (_field, value) => value

/** A copy if a redactor might mutate it: the value itself goes on to be stored. */
const ownCopy = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? JSON.parse(JSON.stringify(value)) : value

/** Maximum JSON of one payload field, in bytes of UTF-8. */
export const maxPayloadBytes = 32 * 1024

/** Maximum characters of a message, which is shown in lists. */
export const maxMessageLength = 4096

/** Maximum characters of an error's name. */
const maxNameLength = 255

/** At most this many characters, the last an ellipsis if truncated; surrogate pairs are not split. */
const shorten = (text: string, maxLength: number): string => {
  if (text.length <= maxLength) return text
  const end = maxLength - 1
  const isInsidePair = (text.codePointAt(end - 1) ?? 0) > 0xffff
  return `${text.slice(0, isInsidePair ? end - 1 : end)}…`
}

/** A message, a reason or other user text as it may be stored and sent: at most 4,096 characters. */
export const messageText = (text: string): string => shorten(text, maxMessageLength)

const utf8 = new TextEncoder()

const bytesOf = (json: string): number =>
  json.length * 3 <= maxPayloadBytes ? json.length : utf8.encode(json).byteLength

/**
 * Redacts one field and limits its size, as JSON. Returns undefined if nothing is left. If a redactor throws, the value
 * is hidden.
 */
export const payloadJson = (field: string, value: unknown, redact: Redact): string | undefined => {
  try {
    const redacted: unknown = redact === unredacted ? value : redact(field, ownCopy(value))
    const json: string | undefined = JSON.stringify(redacted)
    if (json === undefined) return undefined
    const bytes = bytesOf(json)
    return bytes > maxPayloadBytes ? JSON.stringify({ truncated: true, bytes }) : json
  } catch {
    return JSON.stringify({ redactionFailed: true })
  }
}

const stackText = (stack: string, redact: Redact): string | undefined => {
  const json = payloadJson("error.stack", stack, redact)
  if (json === undefined) return undefined
  const shown: unknown = JSON.parse(json)
  return typeof shown === "string" ? shown : json
}

/** An error as it may be stored and sent. */
export const errorPayload = (error: EventError, redact: Redact): EventError => {
  const stack = error.stack === undefined ? undefined : stackText(error.stack, redact)
  return {
    ...(error.name === undefined ? {} : { name: shorten(error.name, maxNameLength) }),
    message: messageText(error.message),
    ...(stack === undefined ? {} : { stack })
  }
}
