import { Instant } from "@durable-effect/core"
import { Effect, Schema } from "effect"
import { TrackerQueries } from "../storage/TrackerQueries.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { foundPlan } from "./foundPlan.ts"
import { pageLimit, type PageRequest } from "./page.ts"
import { shownTrace } from "./planView.ts"
import { standingOf, timelineView } from "./timelineView.ts"

/** More events than one instant of a plan can have; only a forged cursor exceeds it. */
const maxRank = 10_000_000
const Rank = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: maxRank }))

/** The plan, the instant at which the page begins, and how many of that instant's events precede it. */
const Position = Schema.Tuple([PositionId, Instant, Rank])

/** All events of a plan, a parent before its children; a page ends early at 4 MiB of payload. */
export const answerTimeline = Effect.fn("answerTimeline")(function*(tenantId: string, id: string, page: PageRequest) {
  const queries = yield* TrackerQueries
  const scope: CursorScope = { tenantId, list: "timeline", id }
  const limit = yield* pageLimit(page)
  const [planId, from, rank] = page.cursor === undefined
    ? [id, null, 0] as const
    : yield* decodeCursor(scope, Position, page.cursor)
  const found = yield* foundPlan(planId, queries.timeline(tenantId, planId, { from, rank }, limit))
  const { events, next } = found
  const plan = standingOf(found.plan)
  return {
    trace_id: shownTrace(found),
    events: events.map((event) => timelineView(event, plan)),
    ...(next === null ? {} : { next_cursor: encodeCursor(scope, [found.plan.planId, next.from, next.rank]) })
  }
})
