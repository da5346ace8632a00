import { Effect, Schema } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { backlogKind } from "../../engine/rowKinds.ts"
import type { StepStore } from "../../engine/StepStore.ts"
import type { TaskRecord } from "../../engine/TaskRecord.ts"
import { Trace } from "../../engine/Trace.ts"
import { StateUndecodable } from "../../errors.ts"
import { taskOf } from "./decide.ts"

type Backlog = NonNullable<TaskRecord["backlog"]>

/** An event waiting for its turn. */
export const WaitingEvent = Schema.Struct({
  event: Schema.Json,
  /** The caller's trace context, if there was one. */
  trace: Schema.optionalKey(Trace),
  parentIncarnationId: Schema.optionalKey(Schema.String)
})
export type WaitingEvent = typeof WaitingEvent.Type

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(WaitingEvent))

/** Sorts as text in numeric order. */
const keyOf = (place: number): string => `${backlogKind}${String(place).padStart(16, "0")}`

/** The first waiting event. It stays where it is. */
export const firstWaiting = (
  store: StepStore["Service"],
  step: JobStep,
  { first }: Backlog
) =>
  Effect.flatMap(store.entry(step.instanceId, keyOf(first)), decode).pipe(
    Effect.catchTag("SchemaError", (error) =>
      Effect.fail(new StateUndecodable({ instanceId: step.instanceId, problem: `backlog: ${error.message}` })))
  )

/** Appends an event to the waiting ones. */
export const addWaiting = (step: JobStep, event: WaitingEvent, now: number): void => {
  const record = recordOf(step)
  const task = taskOf(record)
  const { count, first, since } = task.backlog ?? { first: 1, count: 0, since: now }
  step.entries.set(keyOf(first + count), { value: JSON.stringify(event), expiresAt: null })
  step.record = { ...record, task: { ...task, backlog: { first, count: count + 1, since } } }
}

/** Removes the first one's row; returns what is left, if anything. */
export const withoutFirst = (step: JobStep, { count, first, since }: Backlog): Backlog | undefined => {
  step.entries.set(keyOf(first), null)
  return count > 1 ? { first: first + 1, count: count - 1, since } : undefined
}

/** Removes the first one. */
export const dropFirstWaiting = (step: JobStep): void => {
  const record = recordOf(step)
  const { backlog, ...task } = taskOf(record)
  if (backlog === undefined) return
  const rest = withoutFirst(step, backlog)
  step.record = { ...record, task: { ...task, ...(rest === undefined ? {} : { backlog: rest }) } }
}

/** Removes all of them with the next commit. */
export const dropAllWaiting = (step: JobStep): void => {
  const { count, first } = taskOf(step.record).backlog ?? { first: 0, count: 0 }
  for (let place = first; place < first + count; place++) step.entries.set(keyOf(place), null)
}
