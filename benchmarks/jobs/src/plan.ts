import type { TimedPlan } from "../../harness/src/timed.ts"
import type { ContenderName } from "./contenders/index.ts"
import type { Job, Target } from "./Job.ts"
import type { MeasurementName } from "./options.ts"

interface Plan extends TimedPlan<ContenderName, Target> {
  readonly job: (target: Target) => Job
}

/** Who runs, and how much: enough jobs for steady numbers, or, for a smoke run, for their shape. */
export const plans = (isSmoke: boolean): Readonly<Record<MeasurementName, Plan>> => {
  const size = (full: number, smoke: number) => isSmoke ? smoke : full
  return {
    throughput: {
      contenders: ["ours", "ours-tracked", "bullmq"],
      job: (target) => ({
        _tag: "Throughput",
        ...target,
        callers: size(100, 10),
        warmUpJobs: size(10_000, 50),
        jobs: size(20_000, 200)
      }),
      shown: "jobsPerSecond"
    }
  }
}
