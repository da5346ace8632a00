import { Context, type Effect } from "effect"
import type { PlanStatus } from "../api/views.ts"
import type { Bounded } from "../query/bounded.ts"
import type { hierarchyCut } from "../query/hierarchy.ts"
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
  /** As `bounded` cuts the first `limit`. */
  readonly page: (
    tenantId: string,
    filter: PlanFilter,
    after: PlanPosition | null,
    limit: number
  ) => Answer<Bounded<PlanFacts>>
  /**
   * Plans whose parent is the plan of this id, or the newest life of the instance of this id, cut likewise. A plan is
   * never its own. Tells of the parent's `plan_id`; undefined where there is no such plan.
   */
  readonly subPlans: (
    tenantId: string,
    id: string,
    after: PlanPosition | null,
    limit: number
  ) => Answer<{ readonly parent: string; readonly plans: Bounded<PlanFacts> } | undefined>
  /** That plan and all below it, as `hierarchyCut` cuts them. Each once: parents that go in a circle end at the top. */
  readonly hierarchy: (
    tenantId: string,
    id: string
  ) => Answer<{ readonly cut: ReturnType<typeof hierarchyCut>; readonly plans: ReadonlyArray<PlanFacts> } | undefined>
}>()("@durable-effect/tracker-server/PlanQueries") {}
