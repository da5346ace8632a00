import { identifierFault } from "../ingest/identifier.ts"
import { isJsonObject } from "../ingest/json.ts"

// Payloads of these events may be unvalidated: an invalid field counts as absent, so that no field of a vocabulary we
// do not define keeps an event out.

/** 1, 2, 3 …; null for anything else. */
export const ordinalOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : null

/** 0, 1, 2 …; null for anything else. */
export const countOf = (value: unknown): number | null => value === 0 ? 0 : ordinalOf(value)

/** A text that is a valid id; null for anything else. */
export const identifierOf = (value: unknown): string | null =>
  typeof value === "string" && identifierFault(value) === undefined ? value : null

/** An error's message, whether the error is an object or just text. */
export const messageOf = (error: unknown): string | null =>
  typeof error === "string"
    ? error
    : isJsonObject(error) && typeof error["message"] === "string"
    ? error["message"]
    : null
