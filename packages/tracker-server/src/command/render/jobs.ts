import type { Job } from "../../api/statisticsViews.ts"
import type { AgentMetrics } from "../../api/views.ts"
import { type Cell, records } from "./records.ts"
import { durationOrNot, instant } from "./time.ts"
import type { View } from "./View.ts"

const number = (name: string) => ({ name, isNumber: true })
const count = (text: number): Cell => ({ text: String(text) })
const share = (value: number | null): string => value === null ? "–" : `${Number((value * 100).toFixed(1))} %`
const when = (text: string | null): Cell => ({ text: text === null ? "–" : instant(text) })
const bad = (count: number): Cell => count === 0 ? { text: "0" } : { text: String(count), colour: "red" }

const jobColumns = [
  { name: "JOB" },
  { name: "TYPE" },
  number("LIVES"),
  number("RUNS"),
  number("FAILED"),
  number("ERRORS"),
  number("P50"),
  number("P95"),
  { name: "LAST RUN" },
  { name: "NEXT RUN" }
]

/** Job definitions, one per line. */
export const jobsLines = (jobs: ReadonlyArray<Job>, view: View): ReadonlyArray<string> =>
  jobs.length === 0 ? ["There are no jobs yet."] : records(
    jobColumns,
    jobs.map((job): ReadonlyArray<Cell> => [
      { text: job.job_name },
      { text: job.job_type ?? "–" },
      count(job.plans),
      count(job.runs),
      bad(job.failed_runs),
      { text: share(job.error_rate) },
      { text: durationOrNot(job.p50_duration_seconds) },
      { text: durationOrNot(job.p95_duration_seconds) },
      when(job.last_run_at),
      when(job.next_run_at)
    ]),
    view
  )

const agentColumns = [
  { name: "AGENT" },
  number("TASKS"),
  number("RUNNING"),
  number("COMPLETED"),
  number("FAILED"),
  number("CANCELLED"),
  number("SUCCESS"),
  number("MEAN"),
  number("P50"),
  number("P95")
]

/** Agents, one per line. */
export const agentsLines = (agents: ReadonlyArray<AgentMetrics>, view: View): ReadonlyArray<string> =>
  agents.length === 0 ? ["There are no agents yet."] : records(
    agentColumns,
    agents.map((agent): ReadonlyArray<Cell> => [
      { text: agent.agent_id },
      count(agent.total_tasks),
      count(agent.running_tasks),
      count(agent.completed_tasks),
      bad(agent.failed_tasks),
      count(agent.cancelled_tasks),
      { text: share(agent.success_rate) },
      { text: durationOrNot(agent.avg_duration_seconds) },
      { text: durationOrNot(agent.p50_duration_seconds) },
      { text: durationOrNot(agent.p95_duration_seconds) }
    ]),
    view
  )
