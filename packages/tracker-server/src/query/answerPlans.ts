import { canonicalInstant } from "@durable-effect/core"
import { Effect } from "effect"
import { BadRequest } from "../api/errors.ts"
import type { PlanStatus } from "../api/views.ts"
import { describeFault, identifierFault } from "../ingest/identifier.ts"
import { PlanQueries } from "../storage/PlanQueries.ts"
import type { CursorScope } from "./cursor.ts"
import type { PageRequest } from "./page.ts"
import { planPage, planPageRequest } from "./planPages.ts"

/** Which plans to return; an omitted filter matches all. */
export interface PlansRequest extends PageRequest {
  readonly status?: PlanStatus | undefined
  readonly session_id?: string | undefined
  readonly agent_id?: string | undefined
  readonly since?: string | undefined
}

const givenId = (name: string, id: string | undefined) => {
  const fault = id === undefined ? undefined : identifierFault(id)
  return fault === undefined
    ? Effect.succeed(id ?? null)
    : Effect.fail(new BadRequest({ detail: `${name} ${describeFault(fault)}.` }))
}

const givenInstant = (since: string | undefined) => {
  const instant = since === undefined ? null : canonicalInstant(since)
  return instant === undefined
    ? Effect.fail(
      new BadRequest({
        detail: "since is an RFC 3339 instant with a zone, such as 2026-01-11T10:00:00Z; write a + of it as %2B."
      })
    )
    : Effect.succeed(instant)
}

/** The plans that match all filters, newest first. */
export const answerPlans = Effect.fn("answerPlans")(function*(tenantId: string, request: PlansRequest) {
  const queries = yield* PlanQueries
  const filter = {
    status: request.status ?? null,
    sessionId: yield* givenId("session_id", request.session_id),
    agentId: yield* givenId("agent_id", request.agent_id),
    since: yield* givenInstant(request.since)
  }
  const { agentId, sessionId, since, status } = filter
  const scope: CursorScope = { tenantId, list: "plans", id: JSON.stringify([status, sessionId, agentId, since]) }
  const { after, limit } = yield* planPageRequest(scope, request)
  return yield* planPage(scope, yield* queries.page(tenantId, filter, after, limit), null)
})
