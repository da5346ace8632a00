const ids = "(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"

// Later versions may append fields; version ff is invalid.
const wellFormed = new RegExp(`^(?:00-${ids}|(?!00|ff)[0-9a-f]{2}-${ids}(?:-.*)?)$`)

/** The trace id of a W3C `traceparent`; null if it is invalid. */
export const traceOf = (traceparent: string | undefined): string | null => {
  const [, traceId, ofLaterVersion] = wellFormed.exec(traceparent ?? "") ?? []
  return traceId ?? ofLaterVersion ?? null
}
