import { canonicalInstant } from "@durable-effect/core"
import { Clock, DateTime, Effect } from "effect"
import { BadRequest } from "../api/errors.ts"
import { describeFault, identifierFault } from "../ingest/identifier.ts"
import { TrackerQueries } from "../storage/TrackerQueries.ts"
import { agentMetrics } from "./agentMetrics.ts"
import { defaultPeriod, periodMs } from "./period.ts"

/** The first instant there is, for a window that would begin before it. */
const beginning = "0001-01-01T00:00:00.000000Z"

/** How does this agent do? Over the tasks that started within the period before now. */
export const answerMetrics = Effect.fn("answerMetrics")(
  function*(tenantId: string, agentId: string, period: string = defaultPeriod) {
    const queries = yield* TrackerQueries
    const fault = identifierFault(agentId)
    if (fault !== undefined) return yield* new BadRequest({ detail: `agent_id ${describeFault(fault)}.` })
    const ms = periodMs(period)
    if (ms === undefined) {
      return yield* new BadRequest({
        detail: "period is a number and a unit, m, h or d, from 1m to 400d: for example 7d."
      })
    }
    const from = DateTime.formatIso(DateTime.makeUnsafe((yield* Clock.currentTimeMillis) - ms))
    return agentMetrics(agentId, period, yield* queries.agent(tenantId, agentId, canonicalInstant(from) ?? beginning))
  }
)
