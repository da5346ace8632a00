import { Clock, Effect } from "effect"
import { executionOf, type InstanceRecord } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { noRetry } from "../../execution/nextRetry.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import { stateUndecodable } from "../../services/schemaIssue.ts"
import type { StorableSchema } from "../../Storable.ts"
import type { TaskDefinition } from "../../Task.ts"
import { taskOf } from "./decide.ts"

export type Definition = TaskDefinition<StorableSchema, StorableSchema, never>

/** Evaluated when an attempt has failed; the step has its execution then. */
const isLast = (step: JobStep, { retry }: Definition) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { attempt, firstAttemptAt } = executionOf(recordOf(step))
    return noRetry(retry, { attempt, firstAttemptAt, now }) !== undefined
  })

/** The user code requested by a plan, on the state, schedule and event in `record`. */
export const openAttempt = (
  step: JobStep,
  definition: Definition,
  record: InstanceRecord,
  { handler }: AttemptPlan
) => {
  const { event, eventCount, executeCount, hasState, scheduledAt } = taskOf(record)
  const { instanceId } = step
  const state = hasState ? { json: record.state } : undefined
  return definition.open({ instanceId, handler, state, event, scheduledAt }, {
    facts: {
      eventCount,
      executeCount,
      createdAt: record.createdAt,
      isFirstEvent: handler === "onEvent" && eventCount === 1
    },
    timeoutMs: definition.retry?.timeoutMs,
    isLast: isLast(step, definition)
  }).pipe(Effect.mapError(({ issue, part }) => stateUndecodable(instanceId, issue, part)))
}
