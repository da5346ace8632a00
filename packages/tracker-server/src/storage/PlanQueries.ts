import { Context, type Effect } from "effect"
import type { PlanStatus } from "../api/views.ts"
import type { PlanFacts } from "../query/planView.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** A place in a list of plans, newest first: after the plan with this begin and id. */
export interface PlanPosition {
  readonly begin: string
  readonly planId: string
}

/** Which plans are asked for; what is null asks for all. */
export interface PlanFilter {
  readonly status: PlanStatus | null
  readonly sessionId: string | null
  /** Plans that have a task of this agent, and lives of the job of this name. */
  readonly agentId: string | null
  /** Plans whose begin is this instant or later. */
  readonly since: string | null
}

type Answer<A> = Effect.Effect<A, StoreUnavailable>

/** Port. Several plans at once, newest first by `planBegin` and then id, with the facts that a plan's view is made of. */
export class PlanQueries extends Context.Service<PlanQueries, {
  /** At most `count`. */
  readonly page: (
    tenantId: string,
    filter: PlanFilter,
    after: PlanPosition | null,
    count: number
  ) => Answer<ReadonlyArray<PlanFacts>>
}>()("@durable-effect/tracker-server/PlanQueries") {}
