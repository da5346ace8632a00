import { Context, Deferred, Effect, Exit, Fiber, Layer, type Schema } from "effect"
import type { AddedEvent } from "../../Debounce.ts"
import { CurrentJob } from "../../engine/CurrentJob.ts"
import type { Interruption } from "../../engine/Interrupter.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import type { Trace } from "../../engine/Trace.ts"
import { ExecutionFailed, HostUnavailable, type StateUndecodable } from "../../errors.ts"
import { errorOfCause } from "../../execution/attemptError.ts"
import { stateUndecodable } from "../../services/schemaIssue.ts"

/** The buffer that an event goes to. */
export interface Before {
  readonly incarnationId: string
  readonly trace: Trace | undefined
  /** Undefined when this is its first event. */
  readonly state: Schema.Json | undefined
  /** Events in it, this one included. */
  readonly eventCount: number
  /** Whether it is the one after the buffer that is flushed. */
  readonly isNext: boolean
}

type End = Exit.Exit<Schema.Json, unknown> | Interruption

/** Makes states of events. */
export class EventReducer extends Context.Service<EventReducer, {
  /** The state with the event in it, as JSON. Nothing of the step is changed. */
  readonly reduce: (
    step: JobStep,
    event: AddedEvent<never>,
    before: Before
  ) => Effect.Effect<Schema.Json, ExecutionFailed | HostUnavailable | StateUndecodable>
}>()("@durable-effect/jobs/EventReducer") {
  static readonly layer = Layer.effect(
    EventReducer,
    Effect.gen(function*() {
      /** Runs `onEvent` until it ends, or until somebody ends it from outside. */
      const run = Effect.fnUntraced(
        function*(step: JobStep, code: Effect.Effect<Schema.Json, unknown>, before: Before) {
          const { instanceId } = step
          const end = Deferred.makeUnsafe<End, HostUnavailable>()
          const job = {
            instanceId,
            incarnationId: before.incarnationId,
            trace: before.trace,
            ...(before.isNext ? { isVisitor: true as const } : {}),
            // There is nothing of this call to make durable before it ends.
            begin: Effect.void,
            abandon: (error: HostUnavailable) =>
              Effect.suspend(() =>
                Deferred.doneUnsafe(end, Exit.fail(error)) ? Effect.interruptible(Effect.never) : Effect.fail(error)
              ),
            hasEnded: () => Deferred.isDoneUnsafe(end)
          }
          const fiber = yield* Effect.forkChild(
            code.pipe(
              Effect.provideService(CurrentJob, job)
            ),
            { startImmediately: true }
          )
          const onEnd = (how: End) => Deferred.doneUnsafe(end, Exit.succeed(how))
          const stopListening = step.interruption.listen(onEnd)
          fiber.addObserver(onEnd)
          return yield* Deferred.await(end).pipe(
            Effect.ensuring(Effect.suspend(() => {
              stopListening()
              return fiber.pollUnsafe() === undefined ? Fiber.interrupt(fiber) : Effect.void
            }))
          )
        }
      )

      return {
        reduce: Effect.fnUntraced(function*(step, { reduce, stored }, before) {
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
          return yield* new ExecutionFailed({
            instanceId,
            executionId: `${before.incarnationId}:flush`,
            attempts: 1,
            error: end === "terminate"
              ? { message: "The instance was terminated while onEvent ran. The event is not added." }
              : errorOfCause(end.cause)
          })
        })
      }
    })
  )
}
