import { Effect } from "effect"
import { PlanStatus } from "../../src/api/views.ts"
import { answerAgents } from "../../src/query/answerAgents.ts"
import { answerExplain } from "../../src/query/answerExplain.ts"
import { answerGroup } from "../../src/query/answerGroup.ts"
import { answerHierarchy } from "../../src/query/answerHierarchy.ts"
import { answerIngest } from "../../src/query/answerIngest.ts"
import { answerJob, answerJobs } from "../../src/query/answerJobs.ts"
import { answerMetrics } from "../../src/query/answerMetrics.ts"
import { answerPlan } from "../../src/query/answerPlan.ts"
import { answerPlans } from "../../src/query/answerPlans.ts"
import { answerSeries } from "../../src/query/answerSeries.ts"
import { answerSessionPlans } from "../../src/query/answerSessionPlans.ts"
import { answerSubPlans } from "../../src/query/answerSubPlans.ts"
import { answerTask } from "../../src/query/answerTask.ts"
import { answerTasks } from "../../src/query/answerTasks.ts"
import { answerTimeline } from "../../src/query/answerTimeline.ts"

/** Follows `next_cursor` to the end. */
const pagesOf = (limit: number) =>
<A extends { readonly next_cursor?: string }, E, R>(
  ask: (page: { readonly limit: string; readonly cursor: string | undefined }) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const answers: Array<A> = []
    let cursor: string | undefined
    do {
      const answer: A = yield* ask({ limit: String(limit), cursor })
      answers.push(answer)
      cursor = answer.next_cursor
    } while (cursor !== undefined)
    return answers
  })

const orError = <A, E extends { readonly _tag: string }, R>(answer: Effect.Effect<A, E, R>) =>
  answer.pipe(Effect.catch((error) => Effect.succeed(error._tag)))

/** The ids that are asked about. */
interface Known {
  readonly plans: ReadonlyArray<string>
  readonly agents: ReadonlyArray<string>
  readonly sessions?: ReadonlyArray<string>
  readonly tasks?: ReadonlyArray<string>
  readonly groups?: ReadonlyArray<string>
}

/** Lists of plans: each filter, and some of them together. */
const lists = ({ agents, sessions = [] }: Known): ReadonlyArray<Parameters<typeof answerPlans>[1]> => [
  {},
  ...PlanStatus.literals.map((status) => ({ status })),
  ...sessions.map((session_id) => ({ session_id })),
  ...agents.map((agent_id) => ({ agent_id })),
  { since: "2026-01-11T10:00:00.250Z" },
  { since: "2026-01-11T10:00:00Z", status: "running", agent_id: agents[0], session_id: sessions[0] }
]

/** What all questions answer about these plans, agents and sessions, in pages of so many. */
export const allAnswers = (tenantId: string, known: Known, limit: number = 3) => {
  const { agents, groups = [], plans, tasks = [] } = known
  const pages = pagesOf(limit)
  return Effect.all({
    plans: Effect.forEach(plans, (id) =>
      Effect.all({
        plan: orError(answerPlan(tenantId, id)),
        tasks: orError(pages((page) => answerTasks(tenantId, id, page))),
        timeline: orError(pages((page) => answerTimeline(tenantId, id, page))),
        subPlans: orError(pages((page) => answerSubPlans(tenantId, id, page))),
        hierarchy: orError(answerHierarchy(tenantId, id)),
        lives: orError(pages((page) => answerSessionPlans(tenantId, id, page)))
      }), { concurrency: 8 }),
    tasks: Effect.forEach(tasks, (id) => orError(answerTask(tenantId, id)), { concurrency: 8 }),
    explanations: Effect.forEach(
      tasks,
      (id) => orError(pages((page) => answerExplain(tenantId, id, page))),
      { concurrency: 8 }
    ),
    groups: Effect.forEach(groups, (id) => orError(answerGroup(tenantId, id)), { concurrency: 8 }),
    lists: Effect.forEach(
      lists(known),
      (list) => pages((page) => answerPlans(tenantId, { ...list, ...page })),
      { concurrency: 8 }
    ),
    metrics: Effect.forEach(agents, (agent) => answerMetrics(tenantId, agent, "400d")),
    series: Effect.forEach(
      agents,
      (agent_id) => answerSeries(tenantId, { agent_id, period: "3h", bucket: "7m" })
    ),
    agents: pages((page) => answerAgents(tenantId, { ...page, period: "400d" })),
    jobs: pages((page) => answerJobs(tenantId, page)),
    jobDetails: Effect.forEach(agents, (agent) => orError(answerJob(tenantId, agent, {}))),
    // Of the others, how often something came is told, which is not the events' alone.
    gaps: Effect.map(answerIngest(tenantId), ({ gaps }) => gaps)
  })
}
