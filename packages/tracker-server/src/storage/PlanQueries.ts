import { Context, type Effect } from "effect"
import type { PlanStatus } from "../api/views.ts"
import type { Bounded } from "../query/bounded.ts"
import type { hierarchyCut } from "../query/hierarchy.ts"
import type { PlanFacts } from "../query/planView.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** A position in a list of plans, newest first: after the plan with this begin and id. */
export interface PlanPosition {
  readonly begin: string
  readonly planId: string
}

/** Which plans to return; null means any. */
export interface PlanFilter {
  readonly status: PlanStatus | null
  readonly sessionId: string | null
  /** Plans with a task of this agent, and incarnations of the job with this name. */
  readonly agentId: string | null
  /** Plans that began at or after this instant. */
  readonly since: string | null
}

type Answer<A> = Effect.Effect<A, StoreUnavailable>

/**
 * Port: several plans at once, newest first by `planBegin` and then id, with the facts that a plan's view is derived
 * from.
 */
export class PlanQueries extends Context.Service<PlanQueries, {
  /** The first `limit`, as cut by `bounded`. */
  readonly page: (
    tenantId: string,
    filter: PlanFilter,
    after: PlanPosition | null,
    limit: number
  ) => Answer<Bounded<PlanFacts>>
  /**
   * Plans whose parent is the plan with this id, or the newest incarnation of the job instance with this id, cut
   * likewise. A plan is never its own sub-plan. Includes the parent's `plan_id`; `undefined` if there is no such plan.
   */
  readonly subPlans: (
    tenantId: string,
    id: string,
    after: PlanPosition | null,
    limit: number
  ) => Answer<{ readonly parent: string; readonly plans: Bounded<PlanFacts> } | undefined>
  /**
   * That plan and all of its descendants, as cut by `hierarchyCut`. Each appears once: cycles of parents end at the
   * top.
   */
  readonly hierarchy: (
    tenantId: string,
    id: string
  ) => Answer<{ readonly cut: ReturnType<typeof hierarchyCut>; readonly plans: ReadonlyArray<PlanFacts> } | undefined>
}>()("@durable-effect/tracker-server/PlanQueries") {}
