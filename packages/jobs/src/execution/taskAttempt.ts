import { Cause, Effect, Exit, type Schema } from "effect"
import type { Job, StateCell } from "../Execution.ts"
import { withinTimeout } from "./attemptLimits.ts"
import type { Scheduled, TaskControls, TaskDraft } from "./taskDraft.ts"

/** What a task's handler knows about its instance, as plain values. */
export interface TaskFacts {
  /** Events accepted in this incarnation, this one included. */
  readonly eventCount: number
  /** Number of times `execute` has started in this incarnation, this one included. */
  readonly executeCount: number
  /** When the incarnation was created, epoch milliseconds. */
  readonly createdAt: number
  /** Whether the incarnation's first event is being handled. */
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
  /** Timeout of the handler and `onIdle` together, milliseconds; `onError` has none. */
  readonly timeoutMs: number | undefined
  /** Whether no attempt would follow a failure now. */
  readonly isLast: Effect.Effect<boolean>
}

/** What user code left behind, besides the state. */
export interface TaskLeft {
  /** Whether `onError` handled the failure. */
  readonly recovered: boolean
  readonly hasState: boolean
  /** The schedule before the attempt. */
  readonly before: Scheduled
  /** The schedules that it left; undefined if the handler terminated the job instead. */
  readonly after: {
    readonly handler: Scheduled
    /** The same, unless `onIdle` has run to its end. */
    readonly onIdle: Scheduled
  } | undefined
}

export interface TaskAttempt<out R> extends StateCell<R> {
  readonly left: () => TaskLeft
}

/**
 * How far an attempt has come: `handling → idling → ended`. `onError` takes it back to `handling`. User code that
 * terminates the job leaves it where it is.
 */
type Stage =
  | { readonly _tag: "Handling" }
  /** The handler has ended, with this schedule. Without one, `onIdle` runs. */
  | { readonly _tag: "Idling"; readonly scheduled: Scheduled }
  | { readonly _tag: "Ended"; readonly scheduled: Scheduled }

const handling: Stage = { _tag: "Handling" }

interface Progress<State, R> {
  readonly code: TaskCode<State, R>
  readonly openDraft: Effect.Effect<TaskDraft<State>, Schema.SchemaError>
  readonly options: TaskAttemptOptions
  /** What user code works on; replaced for `onError`. */
  draft: TaskDraft<State>
  stage: Stage
  recovered: boolean
}

const contextFor = <State, R>({ draft, options: { facts } }: Progress<State, R>, job: Job) => ({
  ...job,
  ...facts,
  ...draft.controls
})

const handled = <State, R>(progress: Progress<State, R>, code: Effect.Effect<unknown, unknown, R>) =>
  Effect.andThen(
    code,
    Effect.suspend(() =>
      Effect.map(progress.draft.check, () => {
        progress.stage = { _tag: "Idling", scheduled: progress.draft.scheduled() }
      })
    )
  )

const idled = <State, R>(progress: Progress<State, R>, job: Job) =>
  Effect.suspend(() => {
    const { code: { onIdle }, draft, stage } = progress
    const isIdle = stage._tag === "Idling" && stage.scheduled.at === null
    return onIdle === undefined || !isIdle
      ? Effect.void
      : Effect.andThen(onIdle(contextFor(progress, job)), draft.check)
  })

const recover = Effect.fnUntraced(function*<State, R>(
  progress: Progress<State, R>,
  job: Job,
  cause: Cause.Cause<unknown>
) {
  const { code: { onError }, openDraft, options: { isLast, timeoutMs } } = progress
  if (onError === undefined || !(yield* isLast)) return yield* Effect.failCause(cause)
  const handlerHadEnded = progress.stage._tag === "Idling"
  progress.draft = yield* openDraft
  progress.stage = handling
  progress.recovered = true
  // When it is taken, no event has it.
  yield* Effect.logWarning("onError is given a failure", cause)
  const taken = yield* Effect.exit(
    handled(progress, Effect.suspend(() => onError(Cause.squash(cause), contextFor(progress, job))))
  )
  if (Exit.isFailure(taken)) {
    yield* Effect.logWarning("onError has failed as well", taken.cause)
    return yield* Effect.failCause(cause)
  }
  // Run again, the onIdle that failed would fail again.
  if (!handlerHadEnded) yield* withinTimeout(idled(progress, job), timeoutMs)
})

const schedulesAt = (stage: Stage, draft: Pick<TaskDraft<never>, "scheduled">): TaskLeft["after"] => {
  switch (stage._tag) {
    case "Handling":
      return undefined
    case "Idling":
      return { handler: stage.scheduled, onIdle: stage.scheduled }
    case "Ended":
      return { handler: stage.scheduled, onIdle: draft.scheduled() }
  }
}

/**
 * Runs handler and `onIdle` on a draft. If they fail and no attempts are left, runs `onError` on a fresh draft, so that
 * the state is as before the attempt. An unhandled failure is the handler's own.
 */
export const taskAttempt = <State, R>(
  code: TaskCode<State, R>,
  openDraft: Effect.Effect<TaskDraft<State>, Schema.SchemaError>,
  options: TaskAttemptOptions
): Effect.Effect<TaskAttempt<R>, Schema.SchemaError> =>
  Effect.map(openDraft, (draft) => {
    const before = draft.scheduled()
    const progress: Progress<State, R> = {
      code,
      openDraft,
      options,
      draft,
      stage: handling,
      recovered: false
    }
    return {
      run: (job) =>
        Effect.andThen(
          handled(progress, Effect.suspend(() => code.handler(contextFor(progress, job)))),
          idled(progress, job)
        ).pipe(
          (work) => withinTimeout(work, options.timeoutMs),
          Effect.catchCause((cause) => recover(progress, job, cause)),
          Effect.map(() => {
            const { stage } = progress
            if (stage._tag === "Idling") progress.stage = { _tag: "Ended", scheduled: stage.scheduled }
          })
        ),
      encode: () => progress.draft.encode(),
      left: () => {
        const { draft, recovered, stage } = progress
        return { recovered, hasState: draft.hasState(), before, after: schedulesAt(stage, draft) }
      }
    }
  })
