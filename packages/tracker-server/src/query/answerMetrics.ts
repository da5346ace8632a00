import { Clock, Effect } from "effect"
import { MetricQueries } from "../storage/MetricQueries.ts"
import { agentMetrics } from "./agentMetrics.ts"
import { defaultPeriod } from "./period.ts"
import { askedAgent, askedPeriod, windowUntil } from "./window.ts"

/** An agent's metrics, over the tasks that started within the period up to now. */
export const answerMetrics = Effect.fn("answerMetrics")(
  function*(tenantId: string, agentId: string, period: string = defaultPeriod) {
    const queries = yield* MetricQueries
    const agent = yield* askedAgent(agentId)
    const ms = yield* askedPeriod(period)
    const window = windowUntil(yield* Clock.currentTimeMillis, ms)
    return agentMetrics(agent, period, yield* queries.agent(tenantId, agent, window))
  }
)
