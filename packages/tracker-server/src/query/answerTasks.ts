import { Instant } from "@durable-effect/core"
import { Clock, Effect, Schema } from "effect"
import { TrackerQueries } from "../storage/TrackerQueries.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { foundPlan } from "./foundPlan.ts"
import { pageLimit, type PageRequest } from "./page.ts"
import { taskView } from "./taskView.ts"

/** The plan, since an instance may have a newer incarnation by the next page; then the last task's start and id. */
const Position = Schema.Tuple([PositionId, Schema.NullOr(Instant), PositionId])

/** A plan's tasks by start, then id, unstarted ones last; a page ends early at 4 MiB. */
export const answerTasks = Effect.fn("answerTasks")(function*(tenantId: string, id: string, page: PageRequest) {
  const queries = yield* TrackerQueries
  const scope: CursorScope = { tenantId, list: "tasks", id }
  const limit = yield* pageLimit(page)
  const [planId, startedAt, taskId] = page.cursor === undefined
    ? [id, null, undefined] as const
    : yield* decodeCursor(scope, Position, page.cursor)
  const after = taskId === undefined ? null : { startedAt, taskId }
  const { plan, tasks: { entries, isLast } } = yield* foundPlan(planId, queries.tasks(tenantId, planId, after, limit))
  const nowMs = yield* Clock.currentTimeMillis
  const last = entries.at(-1)
  return {
    tasks: entries.map((task) => taskView(task, plan, nowMs)),
    ...(isLast || last === undefined
      ? {}
      : { next_cursor: encodeCursor(scope, [plan.planId, last.startedAt, last.taskId]) })
  }
})
