import { type Goal, type GoalRow, judge } from "../../harness/src/Goal.ts"
import { ratiosOf } from "../../harness/src/turns.ts"
import type { MeasurementName } from "./options.ts"
import type { Results } from "./Results.ts"

type Timed = Results["timed"]

const goals = (timed: Timed): ReadonlyArray<Goal> => {
  const own = (measurement: MeasurementName, metric: string) =>
    (timed[measurement]?.["ours"] ?? []).flatMap((numbers) => numbers[metric] ?? [])
  return [
    {
      name: "jobs/s, against BullMQ",
      atLeast: 2,
      values: ratiosOf(timed["throughput"], "jobsPerSecond", "ours", ["bullmq"], "highest")
    },
    {
      name: "from the call to the handler, median, against BullMQ",
      atMost: 0.7,
      values: ratiosOf(timed["start-latency"], "p50Ms", "ours", ["bullmq"])
    },
    {
      name: "lateness of an alarm beside 100,000 sleeping instances, median",
      atMost: 5,
      unit: "ms",
      values: own("alarms", "p50Ms")
    },
    { name: "lateness of the same, p99", atMost: 50, unit: "ms", values: own("alarms", "p99Ms") },
    {
      name: "heap of a sleeping instance, of 100,000",
      atMost: 400,
      unit: "bytes",
      values: own("memory", "heapBytesPerInstance")
    },
    { name: "opening 1,000,000 sleeping instances", atMost: 2000, unit: "ms", values: own("open", "readyMs") },
    {
      name: "jobs/s with tracking, against none",
      atLeast: 0.85,
      values: ratiosOf(timed["throughput"], "jobsPerSecond", "ours-tracked", ["ours"])
    }
  ]
}

/** Every goal with what was measured of it. */
export const goalsOf = (timed: Timed): ReadonlyArray<GoalRow> => goals(timed).map(judge)
