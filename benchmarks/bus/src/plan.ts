import type { TimedPlan } from "../../harness/src/timed.ts"
import type { ContenderName } from "../../server/src/contenders/index.ts"
import type { Job, Target } from "../../server/src/Job.ts"
import { contenders, type MeasurementName } from "./options.ts"

interface Plan extends TimedPlan<ContenderName, Target> {
  readonly job: (target: Target) => Job
}

/** Enough over HTTP to keep a server busy. */
const overHttp = 8
/** Over the bus a batch is on its way for longer, from the publisher's to the server's acknowledgement. */
const overBus = 64

/** For how long, until numbers are steady or, for a smoke run, until they have their shape. */
export const plans = (isSmoke: boolean): Readonly<Record<MeasurementName, Plan>> => ({
  "ingest-100": {
    contenders,
    job: (target) => ({
      _tag: "Ingest",
      ...target,
      batch: 100,
      connections: target.contender === "ours-by-bus" ? overBus : overHttp,
      ...(isSmoke ? { warmUpMs: 200, measuredMs: 300 } : { warmUpMs: 4000, measuredMs: 5000 })
    }),
    shown: "eventsPerSecond"
  }
})
