import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { type Fact, factKey, unknownFact } from "./Fact.ts"
import type { FactSet } from "./Facts.ts"
import { namedPlan, type PlanExecution, traceRank } from "./PlanExecution.ts"
import type { Reception } from "./Reception.ts"
import { includes, noSequences, type Sequences } from "./sequences.ts"
import { namedTask, type TaskExecution, type TaskOrigin } from "./TaskExecution.ts"

/**
 * Precedence for a task's origin: whoever requested or runs it, then its other job events, then progress reports, then
 * its results, then events that only mention it.
 */
export const originRank = {
  request: "0",
  execution: "1",
  progress: "2",
  transition: "3",
  result: "4",
  mention: "9"
} as const

/** A task's origin, as one event sees it. */
export const originFact = (event: TrackedEvent, rank: string, eventType: string, data: unknown): Fact<TaskOrigin> => ({
  key: factKey(event, rank),
  value: { eventType, data, traceId: event.traceId, parentEventId: event.parentEventId }
})

/** A task as any known event sees it: its type until a better source is known. */
export const knownTask = (
  event: TrackedEvent,
  taskId: string,
  reception: Reception,
  rank: string,
  eventType: string,
  data: unknown = {}
): TaskExecution => ({
  ...namedTask(taskId, reception.receivedAt),
  known: true,
  origin: originFact(event, rank, eventType, data),
  // A result never determines a task's plan; whoever requested the task knows best.
  plan: event.planId === null || rank === originRank.result
    ? unknownFact
    : { key: factKey(event, rank === originRank.request ? "0" : "1"), value: event.planId }
})

/** The event's sequence number within its incarnation. Events of unknown type count too. */
const numberOf = ({ attributes, form, sequence }: TrackedEvent): Sequences =>
  form === "job" && sequence > 0 && typeof attributes["incarnationId"] === "string"
    ? [{ from: sequence, to: sequence }]
    : noSequences

/** A plan as any known event sees it. */
export const knownPlan = (
  event: TrackedEvent,
  planId: string,
  reception: Reception,
  isStart: boolean
): PlanExecution => ({
  ...namedPlan(planId, reception.receivedAt),
  known: true,
  firstAt: event.occurredAt,
  startedAt: isStart ? event.occurredAt : null,
  sequences: numberOf(event),
  session: event.sessionId === null
    ? unknownFact
    : { key: factKey(event, isStart ? "0" : "1"), value: event.sessionId },
  trace: event.traceId !== null
    ? { key: factKey(event, isStart ? traceRank.start : traceRank.event), value: event.traceId }
    : reception.requestTraceId !== null
    ? { key: factKey(event, traceRank.request), value: reception.requestTraceId }
    : unknownFact
})

const isReceivedWithin = (
  { firstReceivedAt, lastReceivedAt }: Pick<PlanExecution, "firstReceivedAt" | "lastReceivedAt">,
  receivedAt: string
): boolean => firstReceivedAt <= receivedAt && receivedAt <= lastReceivedAt

/** Adds that an event names a plan. Mostly that is known, since the same event has said more about the plan. */
export const mentionPlan = (event: TrackedEvent, planId: string, receivedAt: string, into: FactSet): void => {
  const sequences = numberOf(event)
  const present = into.plans.get(planId)
  if (present !== undefined && isReceivedWithin(present, receivedAt) && includes(present.sequences, sequences)) return
  into.plan({ ...namedPlan(planId, receivedAt), sequences })
}

/** Adds that an event names a task; see `mentionPlan`. */
export const mentionTask = (event: TrackedEvent, taskId: string, receivedAt: string, into: FactSet): void => {
  const present = into.tasks.get(taskId)
  const hasBetterOrigin = present !== undefined && present.origin.key !== "" &&
    present.origin.key < originRank.mention
  if (hasBetterOrigin && isReceivedWithin(present, receivedAt)) return
  into.task({
    ...namedTask(taskId, receivedAt),
    origin: originFact(event, originRank.mention, event.type, {})
  })
}
