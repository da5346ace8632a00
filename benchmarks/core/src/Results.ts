import { Schema } from "effect"
import { GoalRow } from "../../harness/src/Goal.ts"
import { Machine } from "../../harness/src/machine.ts"
import { ContenderName } from "./contenders/index.ts"

const Numbers = Schema.Record(Schema.String, Schema.Finite)

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

/** A run of the benchmark, as it is kept: every number of every round, so that anybody can judge anew. */
export const Results = Schema.Struct({
  suite: Schema.Literal("core"),
  /** ISO 8601, UTC. */
  startedAt: Schema.String,
  machine: Machine,
  /** What ran of our own packages: JavaScript as published, or TypeScript as it stands. */
  code: Schema.Literals(["dist", "source"]),
  isSmoke: Schema.Boolean,
  rounds: Schema.Int,
  /** Measurement → contender → round → numbers. */
  timed: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Array(Numbers))),
  faults: Schema.Array(FaultRun),
  goals: Schema.Array(GoalRow)
})
export type Results = typeof Results.Type

export const ResultsFile = Schema.fromJsonString(Results)
