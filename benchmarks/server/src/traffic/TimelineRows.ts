import { Schema } from "effect"
import { readFileSync } from "node:fs"

/**
 * What the server itself has stored of a tape: the rows of its timeline, in their order, marks and all. Values are texts as
 * PostgreSQL writes them. What the database puts in by itself is left out.
 */
export const TimelineRows = Schema.Struct({
  columns: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String })),
  rows: Schema.Array(Schema.Array(Schema.NullOr(Schema.String)))
})
export type TimelineRows = typeof TimelineRows.Type

export const TimelineRowsFile = Schema.fromJsonString(TimelineRows)

export const readTimelineRows = (file: string): TimelineRows =>
  Schema.decodeUnknownSync(TimelineRowsFile)(readFileSync(file, "utf8"))
