import { Effect } from "effect"
import { answerJob, answerJobs } from "../../src/query/answerJobs.ts"
import { answerMetrics } from "../../src/query/answerMetrics.ts"
import { answerPlan } from "../../src/query/answerPlan.ts"
import { answerSeries } from "../../src/query/answerSeries.ts"
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

/** What the questions answer about these plans and agents, in pages of so many. */
export const allAnswers = (
  tenantId: string,
  { agents, plans }: { readonly plans: ReadonlyArray<string>; readonly agents: ReadonlyArray<string> },
  limit: number = 3
) => {
  const pages = pagesOf(limit)
  return Effect.all({
    plans: Effect.forEach(plans, (id) =>
      Effect.all({
        plan: orError(answerPlan(tenantId, id)),
        tasks: orError(pages((page) => answerTasks(tenantId, id, page))),
        timeline: orError(pages((page) => answerTimeline(tenantId, id, page)))
      }), { concurrency: 8 }),
    metrics: Effect.forEach(agents, (agent) => answerMetrics(tenantId, agent, "400d")),
    series: Effect.forEach(
      agents,
      (agent_id) => answerSeries(tenantId, { agent_id, period: "3h", bucket: "7m" })
    ),
    jobs: pages((page) => answerJobs(tenantId, page)),
    jobDetails: Effect.forEach(agents, (agent) => orError(answerJob(tenantId, agent, {})))
  })
}
