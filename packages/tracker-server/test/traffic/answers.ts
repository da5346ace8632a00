import { Effect } from "effect"
import { answerMetrics } from "../../src/query/answerMetrics.ts"
import { answerPlan } from "../../src/query/answerPlan.ts"
import { answerTasks } from "../../src/query/answerTasks.ts"
import { answerTimeline } from "../../src/query/answerTimeline.ts"
import { clientOf } from "../e2e/clientOf.ts"

/** The longest page there is: no plan of the traffic has more tasks or events. */
const limit = "500"
export const period = "1d"

/** Everything but when the server took an event in, which is all that may differ. */
const comparable = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (name, value: unknown) => name === "received_at" ? undefined : value))

/** What is known of a plan; the same for each of its ids. */
export const plansInMemory = (tenantId: string, ids: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(ids, (id) =>
      Effect.all({
        plan: answerPlan(tenantId, id),
        tasks: answerTasks(tenantId, id, { limit }),
        timeline: answerTimeline(tenantId, id, { limit })
      })),
    comparable
  )

/** How the agents do. */
export const metricsInMemory = (tenantId: string, agents: ReadonlyArray<string>) =>
  Effect.map(Effect.forEach(agents, (agent) => answerMetrics(tenantId, agent, period)), comparable)

/** The same questions to a server. */
export const askServer = (url: string, secret: string) =>
  Effect.map(clientOf(url, secret), ({ query }) => ({
    plans: (ids: ReadonlyArray<string>) =>
      Effect.map(
        Effect.forEach(ids, (plan_id) =>
          Effect.all({
            plan: query.plan({ params: { plan_id } }),
            tasks: query.planTasks({ params: { plan_id }, query: { limit } }),
            timeline: query.planTimeline({ params: { plan_id }, query: { limit } })
          }, { concurrency: "unbounded" })),
        comparable
      ),
    metrics: (agents: ReadonlyArray<string>) =>
      Effect.map(Effect.forEach(agents, (agent_id) => query.metrics({ query: { agent_id, period } })), comparable)
  }))
