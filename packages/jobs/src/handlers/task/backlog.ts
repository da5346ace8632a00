import { Effect, Schema } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { backlogKind } from "../../engine/rowKinds.ts"
import type { StepStore } from "../../engine/StepStore.ts"
import type { TaskRecord } from "../../engine/TaskRecord.ts"
import { Trace } from "../../engine/Trace.ts"
import { StateUndecodable } from "../../errors.ts"
import { taskOf } from "./decide.ts"

type Backlog = NonNullable<TaskRecord["backlog"]>

/** An event that waits for its turn. */
export const WaitingEvent = Schema.Struct({
  event: Schema.Json,
  /** The caller's place in its trace, if there was one. */
  trace: Schema.optionalKey(Trace),
  parentIncarnationId: Schema.optionalKey(Schema.String)
})
export type WaitingEvent = typeof WaitingEvent.Type

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(WaitingEvent))

/** In the order of texts as in that of numbers. */
const keyOf = (place: number): string => `${backlogKind}${String(place).padStart(16, "0")}`

/** The first event that waits. It stays where it is. */
export const firstWaiting = (
  store: StepStore["Service"],
  step: JobStep,
  { first }: Backlog
) =>
  Effect.flatMap(store.entry(step.instanceId, keyOf(first)), decode).pipe(
    Effect.catchTag("SchemaError", (error) =>
      Effect.fail(new StateUndecodable({ instanceId: step.instanceId, problem: `backlog: ${error.message}` })))
  )

/** Puts an event behind those that wait. */
export const addWaiting = (step: JobStep, event: WaitingEvent, now: number): void => {
  const record = recordOf(step)
  const task = taskOf(record)
  const { count, first, since } = task.backlog ?? { first: 1, count: 0, since: now }
  step.entries.set(keyOf(first + count), { value: JSON.stringify(event), expiresAt: null })
  step.record = { ...record, task: { ...task, backlog: { first, count: count + 1, since } } }
}

/** Takes the first one's row away; answers what is left, if anything. */
export const withoutFirst = (step: JobStep, { count, first, since }: Backlog): Backlog | undefined => {
  step.entries.set(keyOf(first), null)
  return count > 1 ? { first: first + 1, count: count - 1, since } : undefined
}

/** Takes the first away. */
export const dropFirstWaiting = (step: JobStep): void => {
  const record = recordOf(step)
  const { backlog, ...task } = taskOf(record)
  if (backlog === undefined) return
  const rest = withoutFirst(step, backlog)
  step.record = { ...record, task: { ...task, ...(rest === undefined ? {} : { backlog: rest }) } }
}

/** Takes all away, with the next commit. */
export const dropAllWaiting = (step: JobStep): void => {
  const { count, first } = taskOf(step.record).backlog ?? { first: 0, count: 0 }
  for (let place = first; place < first + count; place++) step.entries.set(keyOf(place), null)
}
