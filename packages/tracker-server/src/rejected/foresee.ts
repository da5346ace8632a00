import type { IngestAnswer, Rejection } from "../api/views.ts"
import type { Decoded } from "../ingest/decode.ts"
import { conflictDetail } from "../storage/EventStore.ts"

/**
 * What `ingestDecoded` would return.
 * @param stored hashes of the events already stored under the same ids
 */
export const foresee = (all: ReadonlyArray<Decoded>, stored: ReadonlyMap<string, string>): IngestAnswer => {
  const hashes = new Map(stored)
  const rejected: Array<Rejection> = []
  let accepted = 0
  let duplicates = 0
  for (const [index, decoded] of all.entries()) {
    if (decoded._tag === "Rejected") {
      const { code, detail, eventId } = decoded.rejected
      rejected.push({ index, eventId, code, detail, retryable: false })
      continue
    }
    const { eventId, hash } = decoded.event
    const present = hashes.get(eventId)
    if (present === undefined) {
      hashes.set(eventId, hash)
      accepted++
    } else if (present === hash) {
      duplicates++
    } else {
      rejected.push({ index, eventId, code: "id_conflict", detail: conflictDetail, retryable: false })
    }
  }
  return { accepted, duplicates, rejected }
}
