import type { AgentMetrics } from "../api/views.ts"
import { rounded } from "./duration.ts"

/** Counts of an agent's tasks in a window; durations in microseconds, of completed and failed tasks with both times. */
export interface AgentSample {
  readonly totalTasks: number
  readonly completedTasks: number
  readonly failedTasks: number
  readonly cancelledTasks: number
  readonly averageMicros: number | null
  readonly p50Micros: number | null
  readonly p95Micros: number | null
}

/** The sample of one of several agents. */
export interface NamedSample extends AgentSample {
  readonly agentId: string
}

/** The part of a sample that started within one time bucket. */
export interface BucketSample
  extends Pick<AgentSample, "totalTasks" | "completedTasks" | "failedTasks" | "p50Micros" | "p95Micros">
{
  /** The bucket's index: number of buckets of its length since 1970. */
  readonly bucket: number
}

/** Linear interpolation between the two nearest values, as PostgreSQL's `percentile_cont`. Expects sorted values. */
export const percentile = (sorted: ReadonlyArray<number>, fraction: number): number | null => {
  const position = fraction * (sorted.length - 1)
  const low = sorted[Math.floor(position)]
  const high = sorted[Math.ceil(position)]
  return low === undefined || high === undefined ? null : low + (position - Math.floor(position)) * (high - low)
}

/** Seconds as shown in responses, rounded to milliseconds. */
export const secondsOf = (micros: number | null): number | null => micros === null ? null : rounded(micros / 1_000_000)

/** `running_tasks` counts all unfinished tasks, so that the parts add up to the total. */
export const agentMetrics = (agentId: string, period: string, sample: AgentSample): AgentMetrics => ({
  agent_id: agentId,
  period,
  total_tasks: sample.totalTasks,
  completed_tasks: sample.completedTasks,
  failed_tasks: sample.failedTasks,
  cancelled_tasks: sample.cancelledTasks,
  running_tasks: sample.totalTasks - sample.completedTasks - sample.failedTasks - sample.cancelledTasks,
  avg_duration_seconds: secondsOf(sample.averageMicros),
  p50_duration_seconds: secondsOf(sample.p50Micros),
  p95_duration_seconds: secondsOf(sample.p95Micros),
  success_rate: sample.totalTasks === 0 ? null : rounded(sample.completedTasks / sample.totalTasks)
})
