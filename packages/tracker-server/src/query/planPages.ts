import { Instant } from "@durable-effect/core"
import { Clock, Effect, Schema } from "effect"
import type { PlanPosition } from "../storage/PlanQueries.ts"
import type { Bounded } from "./bounded.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { pageLimit, type PageRequest } from "./page.ts"
import { planPosition } from "./planList.ts"
import { type PlanFacts, planView } from "./planView.ts"

/** Whatever else the list depends on, as of the first page; then the last plan's begin and id. */
const Position = Schema.Tuple([Schema.NullOr(PositionId), Instant, PositionId])

/** Which page of a list of plans to return. */
export interface PlanPageRequest {
  readonly limit: number
  /** The `fixed` value passed to `planPage` for the previous page. */
  readonly fixed: string | null
  readonly after: PlanPosition | null
}

/** Parses which page of a list is requested. */
export const planPageRequest = Effect.fnUntraced(function*(scope: CursorScope, page: PageRequest) {
  const limit = yield* pageLimit(page)
  if (page.cursor === undefined) return { limit, fixed: null, after: null } satisfies PlanPageRequest
  const [fixed, begin, planId] = yield* decodeCursor(scope, Position, page.cursor)
  return { limit, fixed, after: { begin, planId } } satisfies PlanPageRequest
})

/** A page as returned. `fixed` is what later pages need to know about this one. */
export const planPage = (scope: CursorScope, { entries, isLast }: Bounded<PlanFacts>, fixed: string | null) =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => {
    const last = entries.at(-1)?.plan
    const { begin, planId } = last === undefined ? { begin: "", planId: "" } : planPosition(last)
    return {
      plans: entries.map((facts) => planView(facts, nowMs)),
      ...(isLast ? {} : { next_cursor: encodeCursor(scope, [fixed, begin, planId]) })
    }
  })
