import { Instant } from "@durable-effect/core"
import { Clock, Effect, Schema } from "effect"
import { TaskQueries } from "../storage/TaskQueries.ts"
import { taskNotFound } from "./answerTask.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { explainedFields, mostDeciding, whyIgnored } from "./explain.ts"
import { found } from "./found.ts"
import { pageLimit, type PageRequest } from "./page.ts"
import { taskView } from "./taskView.ts"

/** The last event's instant and id. */
const Position = Schema.Tuple([Instant, PositionId])

/** Explains a task: which event determined each field, and which of its events determined none. */
export const answerExplain = Effect.fn("answerExplain")(function*(tenantId: string, taskId: string, page: PageRequest) {
  const queries = yield* TaskQueries
  const scope: CursorScope = { tenantId, list: "explain", id: taskId }
  const limit = yield* pageLimit(page)
  const [occurredAt, eventId] = page.cursor === undefined
    ? [undefined, undefined]
    : yield* decodeCursor(scope, Position, page.cursor)
  const after = occurredAt === undefined ? null : { occurredAt, eventId }
  // Even if as many events as possible determine something, these leave a full page of others, plus one to see whether
  // it continues.
  const facts = yield* found(taskNotFound)(
    taskId,
    queries.explain(tenantId, taskId, after, limit + mostDeciding + 1)
  )
  const { events: { entries, isLast }, plan, task } = facts
  const ignored = entries.flatMap((event) => {
    const reason = whyIgnored(event, task, facts)
    return reason === undefined ? [] : [{ event, reason }]
  })
  const shown = ignored.slice(0, limit)
  const last = ignored.length > limit ? shown.at(-1)?.event : isLast ? undefined : entries.at(-1)
  return {
    task_id: taskId,
    fields: explainedFields(taskView(task, plan, yield* Clock.currentTimeMillis), task, plan, facts),
    ignored: shown.map(({ event, reason }) => ({ event_id: event.eventId, event_type: event.type, reason })),
    ...(last === undefined ? {} : { next_cursor: encodeCursor(scope, [last.occurredAt, last.eventId]) })
  }
})
