import type { TimedPlan } from "../../harness/src/timed.ts"
import type { ContenderName } from "./contenders/index.ts"
import type { Job, Target } from "./Job.ts"
import type { MeasurementName } from "./options.ts"

interface Plan extends TimedPlan<ContenderName, Target> {
  readonly job: (target: Target) => Job
  /** How many instances sleep in the file that it is given; 0 for none. */
  readonly sleepers: number
}

/** One of each kind. */
const inSmoke: ReadonlyArray<ContenderName> = [
  "ours",
  "ours-tracked",
  "ours-task",
  "ours-pool",
  "bullmq",
  "graphile-worker"
]

/** Who runs, and how much: enough jobs for steady numbers, or, for a smoke run, for their shape. */
export const plans = (isSmoke: boolean): Readonly<Record<MeasurementName, Plan>> => {
  const size = (full: number, smoke: number) => isSmoke ? smoke : full
  const unlessSmoke = (names: ReadonlyArray<ContenderName>) => isSmoke ? [] : names
  // As long as it takes until no further job makes the next one faster, which is longer for those that do more of them.
  const ofFaster = { warmUpJobs: size(40_000, 50), jobs: size(40_000, 200) }
  const ofSlower = { warmUpJobs: size(4000, 50), jobs: size(8000, 200) }
  const some = size(100_000, 2000)
  const many = size(1_000_000, 20_000)
  return {
    throughput: {
      contenders: [...inSmoke, ...unlessSmoke(["ours-pool-sharded", "graphile-worker-batched"])],
      sleepers: 0,
      job: (target) => ({
        _tag: "Throughput",
        ...target,
        callers: size(100, 10),
        ...(target.contender.startsWith("graphile-worker") ? ofSlower : ofFaster)
      }),
      shown: "jobsPerSecond"
    },
    "start-latency": {
      contenders: ["ours", "bullmq", ...unlessSmoke(["ours-tracked", "ours-task", "ours-pool", "graphile-worker"])],
      sleepers: 0,
      job: (target) => ({
        _tag: "StartLatency",
        ...target,
        perSecond: 100,
        warmUpJobs: size(500, 5),
        jobs: size(1000, 50)
      }),
      shown: "p50Ms"
    },
    alarms: {
      contenders: ["ours"],
      sleepers: some,
      job: (target) => ({
        _tag: "Alarms",
        ...target,
        sleepers: some,
        headStartMs: size(4000, 1000),
        perSecond: 100,
        warmUpJobs: size(300, 10),
        jobs: size(2000, 100)
      }),
      shown: "p99Ms"
    },
    memory: {
      contenders: ["ours"],
      sleepers: some,
      job: (target) => ({ _tag: "Memory", ...target, sleepers: some }),
      shown: "heapBytesPerInstance"
    },
    open: {
      contenders: ["ours"],
      sleepers: many,
      job: (target) => ({ _tag: "Open", ...target, sleepers: many }),
      shown: "readyMs"
    }
  }
}
