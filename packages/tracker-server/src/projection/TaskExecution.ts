import type { TaskState } from "@durable-effect/core"
import { earliest, type Fact, greatest, latest, least, prevailing, unknownFact } from "./Fact.ts"

/** Where the task comes from. */
export interface TaskOrigin {
  readonly eventType: string
  readonly data: unknown
  readonly traceId: string | null
  readonly parentEventId: string | null
}

/** What an event says about a task's state. */
export interface TaskClaim {
  readonly state: TaskState
  /** When the task ended; null if it has not. */
  readonly completedAt: string | null
  readonly result: unknown
  readonly error: unknown
  /** Explains the state while it lasts: why the task is waiting. */
  readonly message: string | null
}

/** Everything events say about one task. A task mentioned only by events of unknown type is not `known`. */
export interface TaskExecution {
  readonly taskId: string
  readonly known: boolean
  readonly origin: Fact<TaskOrigin | null>
  readonly plan: Fact<string | null>
  readonly state: Fact<TaskClaim | null>
  readonly progress: Fact<number | null>
  /** The last message reported, used while the state has no message of its own. */
  readonly message: Fact<string | null>
  readonly agent: Fact<string | null>
  readonly deadline: Fact<string | null>
  readonly retryAt: Fact<string | null>
  readonly group: Fact<string | null>
  readonly startedAt: string | null
  readonly attempt: number | null
  readonly firstReceivedAt: string
  readonly lastReceivedAt: string
}

/** A task that events mention but say nothing about. */
export const namedTask = (taskId: string, receivedAt: string): TaskExecution => ({
  taskId,
  known: false,
  origin: unknownFact,
  plan: unknownFact,
  state: unknownFact,
  progress: unknownFact,
  message: unknownFact,
  agent: unknownFact,
  deadline: unknownFact,
  retryAt: unknownFact,
  group: unknownFact,
  startedAt: null,
  attempt: null,
  firstReceivedAt: receivedAt,
  lastReceivedAt: receivedAt
})

/** Merges what two sets of events say about the same task. */
export const mergeTask = (left: TaskExecution, right: TaskExecution): TaskExecution => ({
  taskId: left.taskId,
  known: left.known || right.known,
  origin: earliest(left.origin, right.origin),
  plan: earliest(left.plan, right.plan),
  state: prevailing(left.state, right.state),
  progress: latest(left.progress, right.progress),
  message: latest(left.message, right.message),
  agent: prevailing(left.agent, right.agent),
  deadline: latest(left.deadline, right.deadline),
  retryAt: latest(left.retryAt, right.retryAt),
  group: earliest(left.group, right.group),
  startedAt: least(left.startedAt, right.startedAt),
  attempt: left.attempt === null
    ? right.attempt
    : right.attempt === null
    ? left.attempt
    : Math.max(left.attempt, right.attempt),
  firstReceivedAt: least(left.firstReceivedAt, right.firstReceivedAt) ?? right.firstReceivedAt,
  lastReceivedAt: greatest(left.lastReceivedAt, right.lastReceivedAt) ?? right.lastReceivedAt
})
