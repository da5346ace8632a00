import { earliest, type Fact, greatest, latest, least, unknownFact } from "./Fact.ts"
import { noSequences, type Sequences, union } from "./sequences.ts"

/** How a plan ended. */
export interface PlanEnd {
  readonly status: "completed" | "failed" | "cancelled"
  readonly completedAt: string
  readonly result: unknown
  readonly error: unknown
}

/** Everything events say about one plan. A plan mentioned only by events of unknown type is not `known`. */
export interface PlanExecution {
  readonly planId: string
  readonly known: boolean
  /** The definition's name, for an incarnation of a job. */
  readonly jobName: string | null
  readonly jobType: string | null
  /** The earliest instant of a known event about the plan. */
  readonly firstAt: string | null
  readonly startedAt: string | null
  readonly session: Fact<string | null>
  readonly parent: Fact<string | null>
  readonly goal: Fact<string | null>
  /** Its key begins with a rank of `traceRank`. */
  readonly trace: Fact<string | null>
  readonly end: Fact<PlanEnd | null>
  readonly currentState: Fact<string | null>
  readonly paused: Fact<boolean | null>
  readonly nextRun: Fact<string | null>
  readonly progress: Fact<number | null>
  /** The sequence numbers of the incarnation's events received so far; not read back from a store. */
  readonly sequences: Sequences
  readonly firstReceivedAt: string
  readonly lastReceivedAt: string
}

/** Precedence for a plan's trace: its start event, then any event, then the request that carried the event. */
export const traceRank = { start: "0", event: "2", request: "3" } as const

/** A plan that events mention but say nothing about. */
export const namedPlan = (planId: string, receivedAt: string): PlanExecution => ({
  planId,
  known: false,
  jobName: null,
  jobType: null,
  firstAt: null,
  startedAt: null,
  session: unknownFact,
  parent: unknownFact,
  goal: unknownFact,
  trace: unknownFact,
  end: unknownFact,
  currentState: unknownFact,
  paused: unknownFact,
  nextRun: unknownFact,
  progress: unknownFact,
  sequences: noSequences,
  firstReceivedAt: receivedAt,
  lastReceivedAt: receivedAt
})

/** Merges what two sets of events say about the same plan. */
export const mergePlan = (left: PlanExecution, right: PlanExecution): PlanExecution => ({
  planId: left.planId,
  known: left.known || right.known,
  jobName: least(left.jobName, right.jobName),
  jobType: least(left.jobType, right.jobType),
  firstAt: least(left.firstAt, right.firstAt),
  startedAt: least(left.startedAt, right.startedAt),
  session: earliest(left.session, right.session),
  parent: earliest(left.parent, right.parent),
  goal: earliest(left.goal, right.goal),
  trace: earliest(left.trace, right.trace),
  end: earliest(left.end, right.end),
  currentState: latest(left.currentState, right.currentState),
  paused: latest(left.paused, right.paused),
  nextRun: latest(left.nextRun, right.nextRun),
  progress: latest(left.progress, right.progress),
  sequences: union(left.sequences, right.sequences),
  firstReceivedAt: least(left.firstReceivedAt, right.firstReceivedAt) ?? right.firstReceivedAt,
  lastReceivedAt: greatest(left.lastReceivedAt, right.lastReceivedAt) ?? right.lastReceivedAt
})
