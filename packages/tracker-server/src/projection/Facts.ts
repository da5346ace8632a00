import type { TaskState } from "@durable-effect/core"
import { earliest, type Fact, greatest, least } from "./Fact.ts"
import { mergePlan, type PlanExecution } from "./PlanExecution.ts"
import { mergeTask, type TaskExecution } from "./TaskExecution.ts"

/** One state change of a task, as reported by one event. */
export interface StateTransition {
  readonly eventId: string
  readonly taskId: string
  readonly planId: string | null
  readonly fromState: TaskState
  readonly toState: TaskState
  readonly reason: string | null
  readonly transitionedAt: string
}

/** The tasks that one task was delegated to. */
export interface DelegationGroup {
  readonly groupId: string
  readonly start: Fact<
    { readonly parentTaskId: string; readonly planId: string | null; readonly totalTasks: number | null }
  >
}

/** The interval in which events identified only by a trace were received. */
export interface TraceRange {
  readonly traceId: string
  readonly firstReceivedAt: string
  readonly lastReceivedAt: string
}

/** What a set of events says, one entry per thing. */
export interface Facts {
  readonly tasks: ReadonlyMap<string, TaskExecution>
  readonly plans: ReadonlyMap<string, PlanExecution>
  readonly transitions: ReadonlyMap<string, StateTransition>
  readonly groups: ReadonlyMap<string, DelegationGroup>
  readonly traces: ReadonlyMap<string, TraceRange>
}

export const mergeGroup = (left: DelegationGroup, right: DelegationGroup): DelegationGroup => ({
  groupId: left.groupId,
  start: earliest(left.start, right.start)
})

export const mergeTrace = (left: TraceRange, right: TraceRange): TraceRange => ({
  traceId: left.traceId,
  firstReceivedAt: least(left.firstReceivedAt, right.firstReceivedAt) ?? right.firstReceivedAt,
  lastReceivedAt: greatest(left.lastReceivedAt, right.lastReceivedAt) ?? right.lastReceivedAt
})

/** Merges a value into a map entry. */
const join = <A>(into: Map<string, A>, key: string, value: A, merge: (left: A, right: A) => A): void => {
  const present = into.get(key)
  into.set(key, present === undefined ? value : merge(present, value))
}

/** A mutable accumulator of facts. */
export class FactSet implements Facts {
  readonly tasks = new Map<string, TaskExecution>()
  readonly plans = new Map<string, PlanExecution>()
  readonly transitions = new Map<string, StateTransition>()
  readonly groups = new Map<string, DelegationGroup>()
  readonly traces = new Map<string, TraceRange>()

  task(task: TaskExecution): void {
    join(this.tasks, task.taskId, task, mergeTask)
  }
  plan(plan: PlanExecution): void {
    join(this.plans, plan.planId, plan, mergePlan)
  }
  transition(transition: StateTransition): void {
    this.transitions.set(transition.eventId, transition)
  }
  group(group: DelegationGroup): void {
    join(this.groups, group.groupId, group, mergeGroup)
  }
  trace(trace: TraceRange): void {
    join(this.traces, trace.traceId, trace, mergeTrace)
  }
}
