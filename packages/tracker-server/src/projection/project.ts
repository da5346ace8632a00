import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { FactSet } from "./Facts.ts"
import { mentionPlan, mentionTask } from "./mentions.ts"
import { projectBusEvent } from "./projectBusEvent.ts"
import { isEarlierEvent, projectEarlierEvent } from "./projectEarlierEvent.ts"
import { projectJobEvent } from "./projectJobEvent.ts"
import { projectWorkflowEvent } from "./projectWorkflowEvent.ts"
import type { Reception } from "./Reception.ts"

/** Adds what one event says. Depends on the event alone, never on what is stored. */
export const project = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  if (event.form === "envelope") projectBusEvent(event, reception, into)
  else if (event.form === "workflow") projectWorkflowEvent(event, reception, into)
  else if (isEarlierEvent(event)) projectEarlierEvent(event, reception, into)
  else projectJobEvent(event, reception, into)
  // In any case, rows record when events mentioning them were received, so that a read knows where to look.
  const { receivedAt } = reception
  if (event.planId !== null) mentionPlan(event, event.planId, receivedAt, into)
  if (event.taskId !== null) mentionTask(event, event.taskId, receivedAt, into)
  if (event.planId === null && event.taskId === null && event.traceId !== null) {
    into.trace({ traceId: event.traceId, firstReceivedAt: receivedAt, lastReceivedAt: receivedAt })
  }
}

/** What a set of events says, regardless of their order. */
export const projectAll = (events: Iterable<TrackedEvent>, reception: Reception): FactSet => {
  const facts = new FactSet()
  for (const event of events) project(event, reception, facts)
  return facts
}
