import { Effect } from "effect"
import { answerExplain } from "../../src/query/answerExplain.ts"
import { answerHierarchy } from "../../src/query/answerHierarchy.ts"
import { answerIngest } from "../../src/query/answerIngest.ts"
import { answerJob, answerJobs } from "../../src/query/answerJobs.ts"
import { answerMetrics } from "../../src/query/answerMetrics.ts"
import { answerPlan } from "../../src/query/answerPlan.ts"
import { answerSessionPlans } from "../../src/query/answerSessionPlans.ts"
import { answerSubPlans } from "../../src/query/answerSubPlans.ts"
import { answerTask } from "../../src/query/answerTask.ts"
import { answerTasks } from "../../src/query/answerTasks.ts"
import { answerTimeline } from "../../src/query/answerTimeline.ts"
import { clientOf } from "../e2e/clientOf.ts"

/** The longest page there is: no plan of the traffic has more tasks or events. */
const limit = "500"
export const period = "1d"

/** Everything but when the server took an event in, which is all that may differ. */
const comparable = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (name, value: unknown) => name === "received_at" ? undefined : value))

/** The task to ask about by its own id: the plan's first. */
const firstTask = ({ tasks }: { readonly tasks: ReadonlyArray<{ readonly task_id: string }> }) =>
  tasks[0]?.task_id ?? "none"

const orNone = <A, R>(answer: Effect.Effect<A, unknown, R>) => Effect.orElseSucceed(answer, () => "none")

/** What is known of a plan; the same for each of its ids. */
export const plansInMemory = (tenantId: string, ids: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(ids, (id) =>
      Effect.all({
        plan: answerPlan(tenantId, id),
        tasks: answerTasks(tenantId, id, { limit }),
        timeline: answerTimeline(tenantId, id, { limit }),
        subPlans: answerSubPlans(tenantId, id, { limit }),
        hierarchy: Effect.map(answerHierarchy(tenantId, id), (text): unknown => JSON.parse(text)),
        lives: orNone(answerSessionPlans(tenantId, id, { limit }))
      }).pipe(
        Effect.bind("task", ({ tasks }) => orNone(answerTask(tenantId, firstTask(tasks)))),
        Effect.bind("explain", ({ tasks }) => orNone(answerExplain(tenantId, firstTask(tasks), {})))
      )),
    comparable
  )

/** How the agents and the jobs do. */
export const numbersInMemory = (tenantId: string, agents: ReadonlyArray<string>) =>
  Effect.map(
    Effect.all({
      metrics: Effect.forEach(agents, (agent) => answerMetrics(tenantId, agent, period)),
      jobs: answerJobs(tenantId, {}),
      details: Effect.forEach(agents, (agent) => orNone(answerJob(tenantId, agent, {}))),
      gaps: Effect.map(answerIngest(tenantId), ({ gaps }) => gaps)
    }),
    comparable
  )

/** The same questions to a server. */
export const askServer = (url: string, secret: string) =>
  Effect.map(clientOf(url, secret), ({ query, statistics }) => ({
    plans: (ids: ReadonlyArray<string>) =>
      Effect.map(
        Effect.forEach(ids, (plan_id) =>
          Effect.all({
            plan: query.plan({ params: { plan_id } }),
            tasks: query.planTasks({ params: { plan_id }, query: { limit } }),
            timeline: query.planTimeline({ params: { plan_id }, query: { limit } }),
            subPlans: query.subPlans({ params: { plan_id }, query: { limit } }),
            hierarchy: query.hierarchy({ params: { plan_id } }),
            lives: orNone(query.sessionPlans({ params: { session_id: plan_id }, query: { limit } }))
          }, { concurrency: "unbounded" }).pipe(
            Effect.bind(
              "task",
              ({ tasks }) => orNone(query.task({ params: { task_id: firstTask(tasks) }, query: {} }))
            ),
            Effect.bind(
              "explain",
              ({ tasks }) => orNone(query.explain({ params: { task_id: firstTask(tasks) }, query: {} }))
            )
          )),
        comparable
      ),
    numbers: (agents: ReadonlyArray<string>) =>
      Effect.map(
        Effect.all({
          metrics: Effect.forEach(agents, (agent_id) => query.metrics({ query: { agent_id, period } })),
          jobs: statistics.jobs({ query: {} }),
          details: Effect.forEach(
            agents,
            (job_name) => orNone(statistics.job({ params: { job_name }, query: {} }))
          ),
          gaps: Effect.map(statistics.ingest(), ({ gaps }) => gaps)
        }),
        comparable
      )
  }))
