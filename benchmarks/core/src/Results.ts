import { Schema } from "effect"
import { Numbers, resultsFields } from "../../harness/src/Results.ts"
import { ContenderName } from "./contenders/index.ts"

/** What became of the events of one contender under one fault. */
export const FaultRun = Schema.Struct({
  fault: Schema.String,
  contender: ContenderName,
  /** Events that nobody could have delivered. */
  atFault: Schema.Int,
  emitted: Schema.Int,
  /** Distinct events that the endpoint has stored. */
  stored: Schema.Int,
  /** Events that the endpoint has stored and was sent again, in a request that it acknowledged. */
  duplicates: Schema.Int,
  requests: Schema.Int,
  /** What the contender says itself, and what it took. */
  numbers: Numbers
})
export type FaultRun = typeof FaultRun.Type

/** A run of the suite, as it is kept. */
export const Results = Schema.Struct({
  suite: Schema.Literal("core"),
  ...resultsFields,
  faults: Schema.Array(FaultRun)
})
export type Results = typeof Results.Type

export const ResultsFile = Schema.fromJsonString(Results)
