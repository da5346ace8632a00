import { Schema } from "effect"
import { resultsFields } from "../../harness/src/Results.ts"

/** A run of the suite, as it is kept. */
export const Results = Schema.Struct({
  suite: Schema.Literal("bus"),
  ...resultsFields,
  /** What a sync of the disk takes where PostgreSQL's files lie, milliseconds. */
  syncMs: Schema.Finite
})
export type Results = typeof Results.Type

export const ResultsFile = Schema.fromJsonString(Results)
