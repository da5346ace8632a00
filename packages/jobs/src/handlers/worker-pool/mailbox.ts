import { Cause, Data, Deferred, Effect, Exit, Option } from "effect"
import type { JobStep } from "../../engine/JobStep.ts"
import type { JobsError } from "../../errors.ts"

/**
 * The answer waits for the end of the pool's incarnation. What the call has changed until then stays. A `successor` is for
 * the incarnation after the one that is being terminated, and has changed nothing.
 */
export class AtEnd extends Data.TaggedError("AtEnd")<{
  readonly of: "drain" | "termination" | "successor"
  readonly reason?: string
}> {}

/** The incarnation that has ended in this step, for those who waited for it. */
export interface Ended {
  readonly processed: number
}

/** What a change may have to know besides what is stored. */
export interface Circumstances {
  readonly ended: Ended | undefined
  /** Whether the incarnation is about to be removed with all that is in it. */
  readonly isEnding: () => boolean
  /** Whether an item runs, be its begin stored or not. */
  readonly isTaken: (itemId: string) => boolean
}

/** A change of a shard; applied again when it waited for the end. */
export type Change<A> = (step: JobStep, circumstances: Circumstances) => Effect.Effect<A, JobsError | AtEnd>

/** A change that waits for its step. */
export interface Post {
  /** Keys of rows that it may need, to be read ahead with those of the others. */
  readonly reads: ReadonlyArray<string>
  /** Fails when the whole step must. */
  readonly apply: (step: JobStep, circumstances: Circumstances) => Effect.Effect<void, JobsError>
  /** What the answer waits for, as it was applied last. */
  readonly waitsFor: () => AtEnd | undefined
  /** Gives the answer, if it does not wait; after the commit. */
  readonly settle: () => void
  /** It was applied again, and that was not committed: it waits as before. */
  readonly revert: () => void
  readonly refuse: (cause: Cause.Cause<JobsError>) => void
}

/**
 * Such as a full disk or a row that nobody can read: it may have come in the midst of a change. What a caller did wrong was
 * found before any.
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
