import { Effect, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { PlanStatus } from "../api/views.ts"
import type { FlagValues } from "../cli/FlagValues.ts"
import { allPages, answer, type Shared } from "./ask.ts"
import { eventTypes } from "./eventTypes.ts"
import { explanationLines } from "./render/explanation.ts"
import { agentsLines, jobsLines } from "./render/jobs.ts"
import { planLines, plansLines } from "./render/plan.ts"
import { tasksLines } from "./render/tasks.ts"
import { timelineLines } from "./render/timeline.ts"

export const planArgument = {
  plan: Argument.String("plan").pipe(
    Argument.withDescription("Id of a plan, or of a job instance, which means its newest life")
  )
}
export const taskArgument = { task: Argument.String("task").pipe(Argument.withDescription("Id of a task")) }

type OfPlan = Shared & { readonly plan: string }

export const runPlan = (flags: OfPlan) =>
  answer(
    flags,
    ({ query }) => query.plan({ params: { plan_id: flags.plan } }),
    planLines,
    { kind: "plan", id: flags.plan }
  )

export const runTasks = (flags: OfPlan) =>
  answer(
    flags,
    ({ query }) =>
      Effect.map(
        allPages((page) => query.planTasks({ params: { plan_id: flags.plan }, query: page })),
        (pages) => ({ tasks: pages.flatMap(({ tasks }) => tasks) })
      ),
    ({ tasks }, view) => tasksLines(tasks, view),
    { kind: "plan", id: flags.plan }
  )

export const runTimeline = (flags: OfPlan) =>
  answer(
    flags,
    ({ query }) =>
      Effect.map(
        allPages((page) => query.planTimeline({ params: { plan_id: flags.plan }, query: page })),
        (pages) => ({ trace_id: pages[0].trace_id, events: pages.flatMap(({ events }) => events) })
      ),
    timelineLines,
    { kind: "plan", id: flags.plan }
  )

export const runExplain = (flags: Shared & { readonly task: string }) =>
  answer(
    flags,
    ({ query }) =>
      Effect.map(
        allPages((page) => query.explain({ params: { task_id: flags.task }, query: page })),
        (pages) => ({
          task_id: pages[0].task_id,
          fields: pages[0].fields,
          ignored: pages.flatMap(({ ignored }) => ignored)
        })
      ),
    (explanation, view) => Effect.map(eventTypes(explanation), (types) => explanationLines(explanation, types, view)),
    { kind: "task", id: flags.task }
  )

const text = (name: string, metavar: string, description: string) =>
  Flag.optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

const known = (name: string, value: Option.Option<string>) => Option.isNone(value) ? {} : { [name]: value.value }

export const plansFlags = {
  status: Flag.optional(
    Flag.Literals("status", PlanStatus.literals).pipe(Flag.withDescription("Only plans that are in this state now"))
  ),
  session: text("session", "ID", "Only plans of this session, or lives of this job instance"),
  agent: text("agent", "ID", "Only plans with a task of this agent, and lives of the job of this name"),
  since: text("since", "INSTANT", "Only plans that began then or later, such as 2026-01-11T10:00:00Z"),
  limit: Flag.Int("limit").pipe(
    Flag.withMetavar("NUMBER"),
    Flag.withDescription("How many, 1 to 500 (default 20)"),
    Flag.withDefault(20)
  )
}

export const runPlans = (flags: Shared & FlagValues<typeof plansFlags>) =>
  answer(
    flags,
    ({ query }) =>
      query.plans({
        query: {
          limit: String(flags.limit),
          ...known("session_id", flags.session),
          ...known("agent_id", flags.agent),
          ...known("since", flags.since),
          ...(Option.isNone(flags.status) ? {} : { status: flags.status.value })
        }
      }),
    ({ next_cursor, plans }, view) => plansLines(plans, view, next_cursor !== undefined)
  )

export const jobsFlags = { period: text("period", "TIME", "Only runs of the last 30m, 12h or 7d (default: all)") }
export const agentsFlags = {
  period: text("period", "TIME", "Tasks that started in the last 30m, 12h or 7d (default 7d)")
}

export const runJobs = (flags: Shared & FlagValues<typeof jobsFlags>) =>
  answer(
    flags,
    ({ statistics }) =>
      Effect.map(
        allPages((page) => statistics.jobs({ query: { ...page, ...known("period", flags.period) } })),
        (pages) => ({ jobs: pages.flatMap(({ jobs }) => jobs) })
      ),
    ({ jobs }, view) => jobsLines(jobs, view)
  )

export const runAgents = (flags: Shared & FlagValues<typeof agentsFlags>) =>
  answer(
    flags,
    ({ statistics }) =>
      Effect.map(
        allPages((page) => statistics.agents({ query: { ...page, ...known("period", flags.period) } })),
        (pages) => ({ agents: pages.flatMap(({ agents }) => agents) })
      ),
    ({ agents }, view) => agentsLines(agents, view)
  )
