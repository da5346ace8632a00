import { type Goal, type GoalRow, judge } from "../../harness/src/Goal.ts"
import { ratiosOf } from "../../harness/src/turns.ts"
import type { ContenderName } from "./contenders/index.ts"
import type { TimedName } from "./plan.ts"
import type { Results } from "./Results.ts"

type Timed = Results["timed"]

/** OpenTelemetry with its own batches and with ours: we are held against the better one. */
const openTelemetry: ReadonlyArray<ContenderName> = ["opentelemetry", "opentelemetry-100"]

const ratioGoals = (timed: Timed): ReadonlyArray<Goal> => {
  const ratios = (
    measurement: TimedName,
    metric: string,
    contender: ContenderName,
    peers: ReadonlyArray<ContenderName>,
    best?: "highest"
  ) => ratiosOf(timed[measurement], metric, contender, peers, best)
  return [
    {
      name: "emit, median, against OpenTelemetry's startSpan + end",
      atMost: 0.06,
      values: ratios("emit", "medianNs", "ours-node", openTelemetry)
    },
    {
      name: "emit, p99.9, against the same",
      atMost: 0.25,
      values: ratios("emit", "p999Ns", "ours-node", openTelemetry)
    },
    {
      name: "emit in a loop, against yield* Effect.void",
      atMost: 2.5,
      values: ratios("emit-loop", "nsPerEmit", "ours-node", ["nothing"])
    },
    {
      name: "delivery, CPU an event, fetch, against a bare loop",
      atMost: 1.1,
      values: ratios("delivery", "cpuMicrosPerEvent", "ours-fetch", ["raw-fetch"])
    },
    {
      name: "delivery, CPU an event, node:http, against a bare loop",
      atMost: 1.1,
      values: ratios("delivery", "cpuMicrosPerEvent", "ours-node", ["raw-node"])
    },
    {
      name: "delivery, CPU an event, node:http, against OpenTelemetry",
      atMost: 0.25,
      values: ratios("delivery", "cpuMicrosPerEvent", "ours-node", openTelemetry)
    },
    {
      name: "events/s, fetch, against OpenTelemetry",
      atLeast: 2.5,
      values: ratios("delivery", "eventsPerSecond", "ours-fetch", openTelemetry, "highest")
    },
    {
      name: "events/s, node:http, against OpenTelemetry",
      atLeast: 4,
      values: ratios("delivery", "eventsPerSecond", "ours-node", openTelemetry, "highest")
    },
    {
      name: "longest event-loop delay at 50,000 emits/s, against OpenTelemetry",
      atMost: 0.8,
      values: ratios("loop", "maxMs", "ours-node", openTelemetry)
    },
    {
      name: "gzip, bytes on the wire, against none",
      atMost: 0.2,
      values: ratios("delivery", "wireBytesPerEvent", "ours-gzip", ["ours-node"])
    },
    {
      name: "noop tracker in a call of a job, CPU, against no tracking",
      atMost: 1.01,
      values: (timed["noop"]?.["ours-node"] ?? []).flatMap(({ ratio }) => ratio ?? [])
    }
  ]
}

/** Every goal with what was measured of it. */
export const goalsOf = (timed: Timed): ReadonlyArray<GoalRow> => ratioGoals(timed).map(judge)
