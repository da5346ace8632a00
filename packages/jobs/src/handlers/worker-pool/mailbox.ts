import { type Cause, Data, Deferred, Effect, Exit } from "effect"
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
  readonly reject: (cause: Cause.Cause<JobsError>) => void
}

/**
 * Such as a full disk or an unreadable row: it may have occurred in the middle of a change. A caller's mistakes are
 * found before any change.
 */
const isFatal = ({ _tag }: JobsError): boolean => _tag === "HostUnavailable" || _tag === "StateUndecodable"

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
  /** What its last application answers; undefined before that, and while the answer waits for the end. */
  let result: Exit.Exit<A, JobsError> | undefined
  /** What it waits for without a result, if it was applied. */
  let wait: AtEnd | undefined
  return {
    answer: Deferred.await(done),
    post: {
      reads,
      apply: (step, circumstances) =>
        Effect.matchEffect(change(step, circumstances), {
          onSuccess: (value) => {
            result = Exit.succeed(value)
            return Effect.void
          },
          onFailure: (error) => {
            if (error._tag === "AtEnd") {
              wait = error
              result = undefined
              return Effect.void
            }
            if (isFatal(error)) return Effect.fail(error)
            result = Exit.fail(error)
            return Effect.void
          }
        }),
      waitsFor: () => result === undefined ? wait : undefined,
      settle: () => {
        if (result === undefined) return
        if (Exit.isSuccess(result)) onCommitted(result.value)
        Deferred.doneUnsafe(done, result)
      },
      revert: () => {
        result = undefined
      },
      reject: (cause) => {
        Deferred.doneUnsafe(done, Exit.failCause(cause))
      }
    }
  }
}
