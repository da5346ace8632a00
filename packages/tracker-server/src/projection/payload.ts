import { identifierFault } from "../ingest/identifier.ts"
import { isJsonObject } from "../ingest/json.ts"

// Payloads of these events may have been checked or not: what does not fit counts as not said, so that no field of a
// vocabulary that we do not define keeps an event out.

/** 1, 2, 3 …; null for anything else. */
export const ordinalOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : null

/** 0, 1, 2 …; null for anything else. */
export const countOf = (value: unknown): number | null => value === 0 ? 0 : ordinalOf(value)

/** A text that is fit for an id; null for anything else. */
export const identifierOf = (value: unknown): string | null =>
  typeof value === "string" && identifierFault(value) === undefined ? value : null

/** What an error says, whether it is an object or the text alone. */
export const messageOf = (error: unknown): string | null =>
  typeof error === "string"
    ? error
    : isJsonObject(error) && typeof error["message"] === "string"
    ? error["message"]
    : null
