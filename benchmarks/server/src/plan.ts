import type { Filled as FilledTenant } from "@durable-effect/test-support/filled-tenant"
import type { TimedPlan } from "../../harness/src/timed.ts"
import type { ContenderName } from "./contenders/index.ts"
import type { Job, JobOf, Target } from "./Job.ts"
import type { MeasurementName } from "./options.ts"

interface Plan extends TimedPlan<ContenderName, Target> {
  readonly job: (target: Target) => Job
  /** How often it is done, where that is not what the options say: what lasts for minutes is done once. */
  readonly rounds?: number
}

/** How many events are stored in databases that are not empty. */
export interface Filled {
  readonly few: number
  readonly many: number
  /** What there is to ask about. */
  readonly asked: FilledTenant
}

export const filledOf = (isSmoke: boolean): Filled =>
  isSmoke
    ? { few: 4000, many: 10_000, asked: { events: 4000, eventsOfLarge: 1000, tasks: 400, plans: 40 } }
    : {
      few: 100_000,
      many: 5_000_000,
      asked: { events: 1_000_000, eventsOfLarge: 50_000, tasks: 100_000, plans: 10_000 }
    }

/** Beside queries and streams: enough to keep a server busy, and fewer than the connections that it has to PostgreSQL. */
const some = 8
/** Enough that nobody waits for the load: with 8, one of two cores was idle for a third of the time. */
const enough = 32
const many = 64

/** Who runs, and for how long: until numbers are steady, or, for a smoke run, until they have their shape. */
export const plans = (isSmoke: boolean, minutes: number): Readonly<Record<MeasurementName, Plan>> => {
  const times = isSmoke ? { warmUpMs: 200, measuredMs: 300 } : { warmUpMs: 4000, measuredMs: 5000 }
  const ingest = (target: Target, batch: number, connections = enough): JobOf<"Ingest"> => ({
    _tag: "Ingest",
    ...target,
    batch,
    connections,
    ...times
  })
  return {
    "ingest-100": {
      contenders: ["ours", "bare", "bare-plain", "emmett", "pg-boss", "graphile-worker"],
      job: (target) => ingest(target, 100),
      shown: "eventsPerSecond"
    },
    "ingest-500": {
      contenders: ["ours", "bare", ...(isSmoke ? [] : ["bare-plain", "emmett", "pg-boss", "graphile-worker"] as const)],
      job: (target) => ingest(target, 500),
      shown: "eventsPerSecond"
    },
    single: {
      contenders: ["ours-single", "ours"],
      job: (target) => target.contender === "ours-single" ? ingest(target, 1, many) : ingest(target, 100),
      shown: "eventsPerSecond"
    },
    growth: {
      contenders: ["ours-on-100k", "ours-on-5m"],
      job: (target) => ingest(target, 100),
      shown: "cpuMicrosPerEvent"
    },
    queries: {
      contenders: ["ours-asked"],
      job: (target) => ({
        _tag: "Queries",
        ...target,
        batch: 100,
        connections: some,
        askers: 4,
        plans: filledOf(isSmoke).asked.plans,
        warmUpMs: times.warmUpMs,
        limitMs: times.measuredMs,
        measuredMs: isSmoke ? 500 : 20_000
      }),
      shown: "planP99Ms"
    },
    streams: {
      contenders: ["ours", "ours-watched", "ours-read"],
      job: (target) => {
        const all = target.contender === "ours" ? 0 : isSmoke ? 20 : 1000
        const readers = target.contender === "ours-read" ? 1 : 0
        return { ...ingest(target, 100, some), _tag: "Streams", watchers: all - readers, readers }
      },
      shown: "eventsPerSecond"
    },
    memory: {
      contenders: ["ours"],
      rounds: 1,
      job: (target) => ({
        _tag: "Memory",
        ...target,
        batch: 100,
        connections: many,
        warmUpMs: times.warmUpMs,
        measuredMs: isSmoke ? 1000 : minutes * 60_000,
        sampleEveryMs: isSmoke ? 50 : 1000
      }),
      shown: "rssMbMax"
    }
  }
}
