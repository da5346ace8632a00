import type { Job, JobError } from "../api/statisticsViews.ts"
import { shownInstant } from "../projection/instant.ts"
import { secondsOf } from "./agentMetrics.ts"
import { rounded } from "./duration.ts"

/** Counts of a job definition; durations in microseconds, of completed and failed runs with both times. */
export interface JobSample {
  readonly jobName: string
  /** The smallest of the types of this name's incarnations, usually the only one. */
  readonly jobType: string | null
  readonly plans: number
  readonly runs: number
  readonly failedRuns: number
  readonly p50Micros: number | null
  readonly p95Micros: number | null
  readonly lastRunAt: string | null
  readonly nextRunAt: string | null
}

/** Failed runs with the same error message. */
export interface JobFailures {
  readonly message: string | null
  readonly count: number
  readonly lastAt: string
  /** The latest of them; of several at that instant, the one with the greatest id. */
  readonly taskId: string
}

/** How many failed runs are considered, how many messages are returned, and how many characters of each. */
export const failureBounds = { runs: 1000, messages: 50, characters: 500 }

const shownOrNull = (instant: string | null): string | null => instant === null ? null : shownInstant(instant)

export const jobView = (job: JobSample): Job => ({
  job_name: job.jobName,
  job_type: job.jobType,
  plans: job.plans,
  runs: job.runs,
  failed_runs: job.failedRuns,
  error_rate: job.runs === 0 ? null : rounded(job.failedRuns / job.runs),
  p50_duration_seconds: secondsOf(job.p50Micros),
  p95_duration_seconds: secondsOf(job.p95Micros),
  last_run_at: shownOrNull(job.lastRunAt),
  next_run_at: shownOrNull(job.nextRunAt)
})

export const jobErrorView = ({ count, lastAt, message, taskId }: JobFailures): JobError => ({
  message,
  count,
  last_at: shownInstant(lastAt),
  example_task_id: taskId
})
