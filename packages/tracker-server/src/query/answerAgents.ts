import { Clock, Effect } from "effect"
import { MetricQueries } from "../storage/MetricQueries.ts"
import { agentMetrics } from "./agentMetrics.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { pageLimit, type PageRequest } from "./page.ts"
import { defaultPeriod } from "./period.ts"
import { askedPeriod, windowUntil } from "./window.ts"

/** Metrics of all agents, by id, including those without tasks in the period. */
export const answerAgents = Effect.fn("answerAgents")(
  function*(tenantId: string, request: PageRequest & { readonly period?: string | undefined }) {
    const queries = yield* MetricQueries
    const scope: CursorScope = { tenantId, list: "agents", id: "" }
    const period = request.period ?? defaultPeriod
    const limit = yield* pageLimit(request)
    const window = windowUntil(yield* Clock.currentTimeMillis, yield* askedPeriod(period))
    const after = request.cursor === undefined ? null : yield* decodeCursor(scope, PositionId, request.cursor)
    const found = yield* queries.agents(tenantId, after, limit + 1, window)
    const agents = found.slice(0, limit)
    const last = agents.at(-1)
    return {
      agents: agents.map(({ agentId, ...sample }) => agentMetrics(agentId, period, sample)),
      ...(last === undefined || found.length <= limit ? {} : { next_cursor: encodeCursor(scope, last.agentId) })
    }
  }
)
