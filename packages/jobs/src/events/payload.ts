import type { EventError } from "@durable-effect/core"

/**
 * Changes or hides what users put into events, before it is stored or sent. `field` is `input`, `event`,
 * `preExecutionState`, `finalState` or `error.stack`. The value is a copy, which may be changed in place.
 */
export type Redact = (field: string, value: unknown) => unknown

/** Leaves everything as it is. The default. */
export const unredacted: Redact = (_field, value) => value

/** A copy where a redactor might change it in place: the value itself is what goes on to be stored. */
const ownCopy = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? JSON.parse(JSON.stringify(value)) : value

/** The most JSON that one payload field may have, in bytes of UTF-8. */
export const maxPayloadBytes = 32 * 1024

/** A message is shown in lists; what is longer than this many characters is no message. */
const maxMessageLength = 4096

/** The same for what an error calls itself. */
const maxNameLength = 255

/** At most this many characters, the last of them an ellipsis when some are missing; a surrogate pair stays whole. */
const shorten = (text: string, maxLength: number): string => {
  if (text.length <= maxLength) return text
  const end = maxLength - 1
  const isInsidePair = (text.codePointAt(end - 1) ?? 0) > 0xffff
  return `${text.slice(0, isInsidePair ? end - 1 : end)}…`
}

/** A message, a reason or any other sentence of the user's as it may be stored and sent: at most 4,096 characters. */
export const messageText = (text: string): string => shorten(text, maxMessageLength)

const utf8 = new TextEncoder()

const bytesOf = (json: string): number =>
  json.length * 3 <= maxPayloadBytes ? json.length : utf8.encode(json).byteLength

/**
 * Redacts and caps one field, as JSON. Answers undefined when nothing is left to tell. A redactor that throws hides the
 * value.
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
