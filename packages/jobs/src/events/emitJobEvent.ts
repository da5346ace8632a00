import { emitEvent, type JobEvent } from "@durable-effect/core"
import { Effect } from "effect"
import { CurrentStep, type JobStep } from "../engine/JobStep.ts"
import { commonPart, type JobEventDraft, jobEventJson } from "./jobEventJson.ts"

/**
 * The only place where job events are made: adds one to what the step commits, so that it is reported only once it is
 * true. Returns its id; undefined with tracking off.
 *
 * @param at when it happened, epoch milliseconds; default: now
 */
export const addJobEvent = (step: JobStep, draft: JobEventDraft, at?: number): string | undefined => {
  const { clock, record } = step
  if (!step.tracked || record === undefined) return undefined
  const now = clock.currentTimeMillisUnsafe()
  const stamp = step.nextStamp(now, at ?? now)
  step.addEvent(jobEventJson(stamp, draft, step.redact), commonPart(record))
  step.eventIds.set(draft.type, stamp.eventId)
  return stamp.eventId
}

/**
 * Emits a job event. Inside a step, it joins what the step commits; returns its id. Outside, a complete event goes
 * straight to the tracker in context, safely: without a tracker nothing happens, and a mere draft, which belongs to no
 * instance, is not sent.
 */
export const emitJobEvent = (event: JobEventDraft | JobEvent): Effect.Effect<string | undefined> =>
  Effect.flatMap(CurrentStep, (step) => {
    if (step !== undefined) return Effect.succeed(addJobEvent(step, event))
    return "eventId" in event ? Effect.as(emitEvent(event), event.eventId) : Effect.undefined
  })
