import { Cause, Data, Deferred, Effect, Exit, Option } from "effect"
import type { JobStep } from "../../engine/JobStep.ts"
import type { JobsError } from "../../errors.ts"

/**
 * The answer waits for the end of the pool's incarnation. The call's changes up to then stay. A `successor` is for the
 * incarnation after the one being terminated, and has changed nothing.
 */
export class AtEnd extends Data.TaggedError("AtEnd")<{
  readonly of: "drain" | "termination" | "successor"
  readonly reason?: string
}> {}

/** The incarnation that has ended in this step, for those waiting for it. */
export interface Ended {
  readonly processed: number
}

/** What a change may need to know besides what is stored. */
export interface Circumstances {
  readonly ended: Ended | undefined
  /** Whether the incarnation is about to be removed with all of its content. */
  readonly isEnding: () => boolean
  /** Whether an item is running, whether or not its start is stored. */
  readonly isTaken: (itemId: string) => boolean
}

/** A change of a shard; applied again if it waited for the end. */
export type Change<A> = (step: JobStep, circumstances: Circumstances) => Effect.Effect<A, JobsError | AtEnd>

/** A change waiting for its step. */
export interface Post {
  /** Keys of rows it may need, to be read ahead together with those of the others. */
  readonly reads: ReadonlyArray<string>
  /** Fails if the whole step must fail. */
  readonly apply: (step: JobStep, circumstances: Circumstances) => Effect.Effect<void, JobsError>
  /** What the answer is waiting for, as of the last application. */
  readonly waitsFor: () => AtEnd | undefined
  /** Gives the answer, unless it is waiting; called after the commit. */
  readonly settle: () => void
  /** Undoes a repeated application that was not committed: it waits as before. */
  readonly revert: () => void
  readonly refuse: (cause: Cause.Cause<JobsError>) => void
}

/**
 * Such as a full disk or an unreadable row: it may have occurred in the middle of a change. A caller's mistakes are
 * found before any change.
 */
const isFatal = (cause: Cause.Cause<JobsError | AtEnd>): cause is Cause.Cause<JobsError> => {
  const error = Cause.findErrorOption(cause)
  return error._tag === "None" || error.value._tag === "HostUnavailable" || error.value._tag === "StateUndecodable"
}

export interface PostOptions<A> {
  /** Runs right after the commit, before anything else is done with the shard. */
  readonly onCommitted?: (answer: A) => void
  readonly reads?: Post["reads"]
}

export const makePost = <A>(
  change: Change<A>,
  { onCommitted = () => undefined, reads = [] }: PostOptions<A> = {}
): { readonly post: Post; readonly answer: Effect.Effect<A, JobsError> } => {
  const done = Deferred.makeUnsafe<A, JobsError>()
  let exit: Exit.Exit<A, JobsError | AtEnd> | undefined
  let before = exit
  const failure = () => exit === undefined ? undefined : Option.getOrUndefined(Exit.findErrorOption(exit))
  return {
    answer: Deferred.await(done),
    post: {
      reads,
      apply: (step, circumstances) =>
        Effect.flatMap(Effect.exit(change(step, circumstances)), (result) => {
          before = exit
          exit = result
          return Exit.isFailure(result) && isFatal(result.cause) ? Effect.failCause(result.cause) : Effect.void
        }),
      waitsFor: () => {
        const error = failure()
        return error?._tag === "AtEnd" ? error : undefined
      },
      settle: () => {
        const error = failure()
        if (exit === undefined || error?._tag === "AtEnd") return
        if (Exit.isSuccess(exit)) {
          onCommitted(exit.value)
          Deferred.doneUnsafe(done, Exit.succeed(exit.value))
        } else if (error !== undefined) Deferred.doneUnsafe(done, Exit.fail(error))
      },
      revert: () => {
        if (failure()?._tag !== "AtEnd") exit = before
      },
      refuse: (cause) => {
        Deferred.doneUnsafe(done, Exit.failCause(cause))
      }
    }
  }
}
