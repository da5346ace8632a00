import { emitEvent, EventIds, isoOfMillis, type JobEvent } from "@durable-effect/core"
import { Clock, Effect } from "effect"
import { CurrentStep, type JobStep } from "../engine/JobStep.ts"
import { type JobEventDraft, jobEventFor } from "./jobEventFor.ts"

const append = (step: JobStep, draft: JobEventDraft) =>
  Effect.gen(function*() {
    const { record } = step
    if (!step.tracked || record === undefined) return undefined
    const clock = yield* Clock.Clock
    const ids = yield* EventIds
    const now = clock.currentTimeMillisUnsafe()
    const eventId = ids.next(now)
    // A clock may step back; the order of an incarnation's events never does.
    step.counter = {
      sequence: step.counter.sequence + 1,
      lastEventAt: Math.max(now, step.counter.lastEventAt)
    }
    const stamp = {
      eventId,
      timestamp: isoOfMillis(step.counter.lastEventAt),
      sequence: step.counter.sequence
    }
    step.pending.push(JSON.stringify(jobEventFor(record, stamp, draft, step.redact)))
    step.eventIds.set(draft.type, eventId)
    return eventId
  })

/**
 * The one place where job events are made. Inside a step the event joins what the step commits, so that it is told
 * only once it is true; the answer is its id. Outside of one, a whole event goes straight to the tracker in context,
 * safely: without a tracker nothing happens, and a mere draft, which belongs to no instance, is not sent.
 */
export const emitJobEvent = (event: JobEventDraft | JobEvent): Effect.Effect<string | undefined> =>
  Effect.flatMap(CurrentStep, (step) => {
    if (step !== undefined) return append(step, event)
    return "eventId" in event ? Effect.as(emitEvent(event), event.eventId) : Effect.undefined
  })
