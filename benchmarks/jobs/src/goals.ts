import { type Goal, type GoalRow, judge } from "../../harness/src/Goal.ts"
import { ratiosOf } from "../../harness/src/turns.ts"
import type { Results } from "./Results.ts"

type Timed = Results["timed"]

const goals = (timed: Timed): ReadonlyArray<Goal> => [
  {
    name: "jobs/s, against BullMQ",
    atLeast: 2,
    values: ratiosOf(timed["throughput"], "jobsPerSecond", "ours", ["bullmq"], "highest")
  },
  {
    name: "jobs/s with tracking, against none",
    atLeast: 0.85,
    values: ratiosOf(timed["throughput"], "jobsPerSecond", "ours-tracked", ["ours"])
  }
]

/** Every goal with what was measured of it. */
export const goalsOf = (timed: Timed): ReadonlyArray<GoalRow> => goals(timed).map(judge)
