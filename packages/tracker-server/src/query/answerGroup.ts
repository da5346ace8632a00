import { Instant } from "@durable-effect/core"
import { Clock, Effect, Schema } from "effect"
import { NotFound } from "../api/errors.ts"
import { TaskQueries } from "../storage/TaskQueries.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { found } from "./found.ts"
import { taskView } from "./taskView.ts"

/** The problem for an unknown group id. */
export const groupNotFound = new NotFound({
  detail: "No delegation group has this id. A delegation.started, or a request that names the group, makes it known."
})

/** The last task's start and id. */
const Position = Schema.Tuple([Schema.NullOr(Instant), PositionId])

/** Progress of the tasks that a task was delegated to. The total is the declared one, however many tasks are known. */
export const answerGroup = Effect.fn("answerGroup")(function*(tenantId: string, groupId: string, cursor?: string) {
  const queries = yield* TaskQueries
  const scope: CursorScope = { tenantId, list: "group", id: groupId }
  const [startedAt, taskId] = cursor === undefined ? [null, undefined] : yield* decodeCursor(scope, Position, cursor)
  const after = taskId === undefined ? null : { startedAt, taskId }
  const group = yield* found(groupNotFound)(groupId, queries.group(tenantId, groupId, after))
  const nowMs = yield* Clock.currentTimeMillis
  const { entries, isLast } = group.tasks
  const last = entries.at(-1)?.task
  return {
    group_id: groupId,
    parent_task_id: group.start?.parentTaskId ?? null,
    plan_id: group.start?.planId ?? group.parentPlanId,
    total_tasks: group.start?.totalTasks ?? null,
    completed_tasks: group.completedTasks,
    failed_tasks: group.failedTasks,
    tasks: entries.map(({ plan, task }) => taskView(task, plan, nowMs)),
    ...(isLast || last === undefined ? {} : { next_cursor: encodeCursor(scope, [last.startedAt, last.taskId]) })
  }
})
