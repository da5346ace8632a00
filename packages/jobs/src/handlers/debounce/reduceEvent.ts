import { Deferred, Effect, Exit, type Schema } from "effect"
import type { AddedEvent } from "../../Debounce.ts"
import { CurrentJob } from "../../engine/CurrentJob.ts"
import type { Interruption } from "../../engine/Interrupter.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import { logAnnotations } from "../../engine/logAnnotations.ts"
import type { Trace } from "../../engine/Trace.ts"
import { runUserCode } from "../../engine/userCode.ts"
import { HostUnavailable, type RunError } from "../../errors.ts"
import { errorPayload } from "../../events/payload.ts"
import { errorOfCause } from "../../execution/attemptError.ts"
import { executionFailure } from "../../execution/executionFailure.ts"
import { stateUndecodable } from "../../services/schemaIssue.ts"

/** The buffer an event goes to, before it is added. */
export interface Before {
  readonly incarnationId: string
  readonly trace: Trace | undefined
  /** Undefined if this is its first event. */
  readonly state: Schema.Json | undefined
  /** Number of its events, this one included. */
  readonly eventCount: number
  /** Whether it is the buffer after the one being flushed. */
  readonly isNext: boolean
}

type End = Exit.Exit<Schema.Json, unknown> | Interruption

/** Runs `onEvent` until it ends, or is interrupted from outside. */
const run = ({ instanceId, interruption }: JobStep, code: Effect.Effect<Schema.Json, unknown>, before: Before) => {
  const end = Deferred.makeUnsafe<End, HostUnavailable>()
  const job = {
    instanceId,
    incarnationId: before.incarnationId,
    trace: () => before.trace,
    ...(before.isNext ? { isVisitor: true as const } : {}),
    // Nothing of this call has to be made durable before it ends.
    begin: Effect.void,
    abandon: (error: HostUnavailable) =>
      Effect.suspend(() =>
        Deferred.doneUnsafe(end, Exit.fail(error)) ? Effect.interruptible(Effect.never) : Effect.fail(error)
      ),
    hasEnded: () => Deferred.isDoneUnsafe(end)
  }
  return runUserCode({
    code: code.pipe(
      Effect.provideService(CurrentJob, job),
      Effect.annotateLogs(logAnnotations(instanceId, undefined))
    ),
    interruption,
    onEnd: (how: End) => Deferred.doneUnsafe(end, Exit.succeed(how)),
    ended: Deferred.await(end)
  })
}

/** Reduces the event into the state, as JSON. Does not change the step. */
export const reduceEvent = Effect.fnUntraced(function*(
  step: JobStep,
  { reduce, stored }: AddedEvent<never>,
  before: Before
): Effect.fn.Return<Schema.Json, RunError> {
  if (reduce === undefined) return stored
  const { instanceId } = step
  const code = yield* Effect.mapError(
    reduce(before.state, before.eventCount),
    (error) => stateUndecodable(instanceId, error)
  )
  const end = yield* run(step, code, before)
  if (end === "shutdown") {
    const problem = `The jobs runtime was shut down while onEvent of ${instanceId} ran. The event is not added.`
    return yield* new HostUnavailable({ host: "runtime", problem })
  }
  if (end !== "terminate" && Exit.isSuccess(end)) return end.value
  const error = end === "terminate"
    ? { message: "The instance was terminated while onEvent ran. The event is not added." }
    : errorOfCause(end.cause)
  const failed = { instanceId, executionId: `${before.incarnationId}:flush`, attempts: 1, error }
  return yield* executionFailure(failed, errorPayload(error, step.redact))
})
