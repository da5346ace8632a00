import type { TimedPlan } from "../../harness/src/timed.ts"
import type { ContenderName } from "./contenders/index.ts"
import type { Job, JobOf } from "./Job.ts"
import type { MeasurementName } from "./options.ts"

type Target = Pick<JobOf<"Delivery">, "contender" | "url" | "arrivalsPath" | "profilePath">

interface Plan extends TimedPlan<ContenderName, Target> {
  readonly job: (target: Target) => Job
}

export type TimedName = Exclude<MeasurementName, "faults" | "minute">

/** Who runs, and how much: enough events for steady numbers, or, for a smoke run, for their shape. */
export const timedPlans = (isSmoke: boolean): Readonly<Record<TimedName, Plan>> => {
  const size = (full: number, smoke: number) => isSmoke ? smoke : full
  return {
    emit: {
      contenders: [
        "ours-node",
        "ours-made",
        "nothing",
        "opentelemetry",
        "opentelemetry-100",
        "posthog",
        "segment",
        "effect-otlp"
      ],
      // A pace at which everyone keeps up: a full queue drops, and dropping is cheap.
      job: (target) => ({
        _tag: "Emit",
        ...target,
        perSecond: size(10_000, 5000),
        warmUpEvents: size(40_000, 500),
        events: size(60_000, 1000)
      }),
      shown: "medianNs"
    },
    "emit-loop": {
      contenders: ["ours-node", "nothing", "sync"],
      job: (target) => ({ _tag: "EmitLoop", ...target, warmUpLoops: size(100, 2), loops: size(200, 3) }),
      shown: "nsPerEmit"
    },
    delivery: {
      contenders: [
        "ours-node",
        "ours-fetch",
        "ours-gzip",
        "raw-node",
        "raw-fetch",
        "opentelemetry",
        "opentelemetry-100",
        "posthog",
        "segment",
        "effect-otlp"
      ],
      // Divisible by all batch sizes, so that nobody waits for a last batch to fill.
      job: (target) => ({
        _tag: "Delivery",
        ...target,
        warmUpMs: size(3000, 1),
        passes: size(5, 1),
        eventsPerPass: size(64_000, 1000)
      }),
      shown: "cpuMicrosPerEvent"
    },
    loop: {
      contenders: ["ours-node", "opentelemetry", "opentelemetry-100", "nothing"],
      job: (target) => ({
        _tag: "Loop",
        ...target,
        perSecond: 50_000,
        warmUpEvents: size(100_000, 5000),
        events: size(200_000, 10_000)
      }),
      shown: "maxMs"
    },
    noop: {
      contenders: ["ours-node"],
      job: () => ({ _tag: "Noop", pairs: size(100, 4), callsPerBlock: size(300, 20) }),
      shown: "ratio"
    }
  }
}
