import { compareBytes, greatest, least } from "../../projection/Fact.ts"
import { messageOf } from "../../projection/payload.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { percentile } from "../../query/agentMetrics.ts"
import { failureBounds, type JobFailures, type JobSample } from "../../query/jobView.ts"
import type { Window } from "../../query/window.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"
import { durationsOf, isIn, startedWithin } from "./metrics.ts"

const sampleOf = (tenant: MemoryTenant, jobName: string, window: Window): JobSample => {
  const plans = [...tenant.facts.plans.values()].filter((plan) => plan.jobName === jobName)
  const runs = startedWithin(tenant, jobName, window)
  const durations = durationsOf(runs)
  return {
    jobName,
    jobType: plans.reduce<string | null>((type, plan) => least(type, plan.jobType), null),
    plans: plans.length,
    runs: runs.length,
    failedRuns: runs.filter(isIn("failed")).length,
    p50Micros: percentile(durations, 0.5),
    p95Micros: percentile(durations, 0.95),
    lastRunAt: runs.reduce<string | null>((last, { startedAt }) => greatest(last, startedAt), null),
    nextRunAt: plans.filter(({ end }) => end.value === null)
      .reduce<string | null>((next, { nextRun }) => least(next, nextRun.value), null)
  }
}

export const jobPage = (tenant: MemoryTenant, after: string | null, count: number, runs: Window) => {
  const names = new Set([...tenant.facts.plans.values()].flatMap(({ jobName }) => jobName ?? []))
  return [...names].filter((name) => after === null || compareBytes(name, after) > 0).sort(compareBytes)
    .slice(0, count).map((name) => sampleOf(tenant, name, runs))
}

interface Failure {
  readonly taskId: string
  readonly at: string
  readonly message: string | null
}

const failureOf = ({ state, taskId }: TaskExecution): Failure => {
  const message = messageOf(state.value?.error)
  return {
    taskId,
    at: state.value?.completedAt ?? "",
    message: message === null ? null : Array.from(message).slice(0, failureBounds.characters).join("")
  }
}

const newestFirst = (left: Failure, right: Failure): number =>
  compareBytes(right.at, left.at) || compareBytes(right.taskId, left.taskId)

/** Missing messages sort last. */
const byMessage = (left: string | null, right: string | null): number =>
  left === null ? Number(right !== null) : right === null ? -1 : compareBytes(left, right)

const failuresOf = (tenant: MemoryTenant, jobName: string, runs: Window): ReadonlyArray<JobFailures> => {
  const failures = startedWithin(tenant, jobName, runs).filter(isIn("failed")).map(failureOf).sort(newestFirst)
  const byText = Map.groupBy(failures.slice(0, failureBounds.runs), ({ message }) => message)
  return [...byText].map(([message, [last, ...others]]): JobFailures => ({
    message,
    count: others.length + 1,
    lastAt: last?.at ?? "",
    taskId: last?.taskId ?? ""
  })).sort((left, right) => compareBytes(right.lastAt, left.lastAt) || byMessage(left.message, right.message))
    .slice(0, failureBounds.messages)
}

export const jobDetails = (tenant: MemoryTenant, jobName: string, runs: Window) => {
  const job = sampleOf(tenant, jobName, runs)
  return job.plans === 0 ? undefined : { job, failures: failuresOf(tenant, jobName, runs) }
}
