import { canonicalInstant } from "@durable-effect/core"
import type { RejectionCode } from "../api/views.ts"
import { describeFault, identifierFault } from "./identifier.ts"
import type { JsonObject } from "./json.ts"
import { Rejection } from "./Rejected.ts"

/** A required id or type. */
export const requiredIdentifier = (name: string, value: unknown, code: RejectionCode): string => {
  if (value === undefined || value === null) throw new Rejection("missing_field", `${name} is missing`)
  return checkedIdentifier(name, value, code)
}

/** An optional id. */
export const optionalIdentifier = (name: string, value: unknown): string | null =>
  value === undefined || value === null ? null : checkedIdentifier(name, value, "invalid_id")

const checkedIdentifier = (name: string, value: unknown, code: RejectionCode): string => {
  const fault = identifierFault(value)
  // Only ids appear in URLs.
  if (fault === undefined || (fault === "dots" && code === "invalid_type")) return String(value)
  throw new Rejection(fault === "unclean" ? "invalid_text" : code, `${name} ${describeFault(fault)}`)
}

/** A composed name, or null if it is not a valid id. */
export const composedIdentifier = (name: string): string | null => identifierFault(name) === undefined ? name : null

/** The first of the fields `names` that is a string and a valid id. */
export const firstIdentifier = (event: JsonObject, ...names: ReadonlyArray<string>): string | null => {
  for (const name of names) {
    const value = event[name]
    if (typeof value === "string" && identifierFault(value) === undefined) return value
  }
  return null
}

/** An RFC 3339 instant with a zone, returned in UTC with six decimals. */
export const requiredInstant = (name: string, value: unknown): string => {
  if (value === undefined || value === null) throw new Rejection("missing_field", `${name} is missing`)
  const instant = typeof value === "string" ? canonicalInstant(value) : undefined
  if (instant === undefined) {
    throw new Rejection(
      "invalid_timestamp",
      `${name} is not an RFC 3339 instant with a zone and a real calendar day, such as 2026-01-11T10:00:00.000Z`
    )
  }
  return instant
}
