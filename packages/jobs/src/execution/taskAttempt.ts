import { Cause, Effect, Exit, type Schema } from "effect"
import type { Job, StateCell } from "../Execution.ts"
import { withinTimeout } from "./attemptLimits.ts"
import type { Scheduled, TaskControls, TaskDraft } from "./taskDraft.ts"

/** What a task's handler knows of its instance, as plain values. */
export interface TaskFacts {
  /** Events taken in this incarnation, this one included. */
  readonly eventCount: number
  /** Times that `execute` has begun in this incarnation, this one included. */
  readonly executeCount: number
  /** Of the incarnation, epoch milliseconds. */
  readonly createdAt: number
  /** Whether the first event of the incarnation is being handled. */
  readonly isFirstEvent: boolean
}

type Handler<State, R> = (ctx: Job & TaskFacts & TaskControls<State>) => Effect.Effect<unknown, unknown, R>

/** User code of one attempt. */
export interface TaskCode<State, R> {
  /** `onEvent` with its event, or `execute`. */
  readonly handler: Handler<State, R>
  readonly onIdle: Handler<State, R> | undefined
  readonly onError:
    | ((error: unknown, ctx: Parameters<Handler<State, R>>[0]) => Effect.Effect<unknown, unknown, R>)
    | undefined
}

export interface TaskAttemptOptions {
  readonly facts: TaskFacts
  /** Longest time of the handler and `onIdle` together, milliseconds; `onError` has as long as it takes. */
  readonly timeoutMs: number | undefined
  /** Whether no attempt would follow a failure now. */
  readonly isLast: Effect.Effect<boolean>
}

/** What user code has left, besides the state. */
export interface TaskLeft {
  /** `onError` took the failure. */
  readonly recovered: boolean
  readonly hasState: boolean
  /** The schedule as the attempt found it. */
  readonly before: Scheduled
  /** The schedule when the handler had ended; undefined when it has not, since it terminated the job. */
  readonly afterHandler: Scheduled | undefined
  /** The same after `onIdle`, where that ran. */
  readonly atEnd: Scheduled | undefined
}

export interface TaskAttempt<out R> extends StateCell<R> {
  readonly left: () => TaskLeft
}

/**
 * Runs handler and `onIdle` on a draft; when they fail and no attempt is left, runs `onError` on a fresh one, so that the
 * state is as before the attempt. A failure that nobody takes is the handler's own.
 */
export const taskAttempt = <State, R>(
  { handler, onError, onIdle }: TaskCode<State, R>,
  openDraft: Effect.Effect<TaskDraft<State>, Schema.SchemaError>,
  { facts, isLast, timeoutMs }: TaskAttemptOptions
): Effect.Effect<TaskAttempt<R>, Schema.SchemaError> =>
  Effect.map(openDraft, (first) => {
    let draft = first
    const before = first.scheduled()
    let recovered = false
    let afterHandler: Scheduled | undefined
    let hasEnded = false

    const contextFor = (job: Job) => ({ ...job, ...facts, ...draft.controls })

    const handled = Effect.fnUntraced(function*(code: Effect.Effect<unknown, unknown, R>) {
      yield* code
      yield* draft.check
      afterHandler = draft.scheduled()
    })

    const idled = (job: Job) =>
      Effect.suspend(() =>
        onIdle === undefined || afterHandler?.at !== null
          ? Effect.void
          : Effect.andThen(onIdle(contextFor(job)), draft.check)
      )

    const recover = Effect.fnUntraced(function*(job: Job, failed: Exit.Failure<unknown, unknown>) {
      if (onError === undefined || !(yield* isLast)) return yield* failed
      const hadEnded = afterHandler !== undefined
      draft = yield* openDraft
      afterHandler = undefined
      recovered = true
      // When it is taken, no event has it.
      yield* Effect.logWarning("onError is given a failure", failed.cause)
      const taken = yield* Effect.exit(
        handled(Effect.suspend(() => onError(Cause.squash(failed.cause), contextFor(job))))
      )
      if (Exit.isFailure(taken)) {
        yield* Effect.logWarning("onError has failed as well", taken.cause)
        return yield* failed
      }
      // Run again, the onIdle that failed would fail again.
      if (!hadEnded) yield* withinTimeout(idled(job), timeoutMs)
    })

    return {
      run: Effect.fnUntraced(function*(job) {
        const code = Effect.andThen(handled(Effect.suspend(() => handler(contextFor(job)))), idled(job))
        const exit = yield* Effect.exit(withinTimeout(code, timeoutMs))
        if (Exit.isFailure(exit)) yield* recover(job, exit)
        hasEnded = true
      }),
      encode: () => draft.encode(),
      left: () => ({
        recovered,
        hasState: draft.hasState(),
        before,
        afterHandler,
        atEnd: hasEnded ? draft.scheduled() : afterHandler
      })
    }
  })
