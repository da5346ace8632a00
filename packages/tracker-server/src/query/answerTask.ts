import { Instant } from "@durable-effect/core"
import { Clock, Effect, Schema } from "effect"
import { NotFound } from "../api/errors.ts"
import { shownInstant } from "../projection/instant.ts"
import { TaskQueries } from "../storage/TaskQueries.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { found } from "./found.ts"
import { taskView } from "./taskView.ts"

/** The problem for an unknown task id. */
export const taskNotFound = new NotFound({
  detail:
    "No task has this id. A request, report, transition or result that names it makes it known; ids match byte by byte."
})

/** The last transition's instant and event. */
const Position = Schema.Tuple([Instant, PositionId])

/** A task with its transitions. Few tasks have more transitions than one response holds. */
export const answerTask = Effect.fn("answerTask")(function*(tenantId: string, taskId: string, cursor?: string) {
  const queries = yield* TaskQueries
  const scope: CursorScope = { tenantId, list: "transitions", id: taskId }
  const [transitionedAt, eventId] = cursor === undefined
    ? [undefined, undefined]
    : yield* decodeCursor(scope, Position, cursor)
  const after = transitionedAt === undefined ? null : { transitionedAt, eventId }
  const { plan, task, transitions: { entries, isLast } } = yield* found(taskNotFound)(
    taskId,
    queries.task(tenantId, taskId, after)
  )
  const last = entries.at(-1)
  return {
    ...taskView(task, plan, yield* Clock.currentTimeMillis),
    transitions: entries.map(({ eventId, fromState, reason, toState, transitionedAt }) => ({
      from_state: fromState,
      to_state: toState,
      reason,
      transitioned_at: shownInstant(transitionedAt),
      event_id: eventId
    })),
    ...(isLast || last === undefined
      ? {}
      : { next_cursor: encodeCursor(scope, [last.transitionedAt, last.eventId]) })
  }
})
