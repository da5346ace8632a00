import { Effect } from "effect"
import { CurrentJob, type RunningJob } from "../engine/CurrentJob.ts"
import { InvalidInput, type JobsError } from "../errors.ts"

/**
 * A call from inside a job first makes that job's attempt durable: what it causes must not come before it. A host that
 * fails is no failure of the handler.
 */
const madeBy = <A>(job: RunningJob | undefined, call: Effect.Effect<A, JobsError>): Effect.Effect<A, JobsError> =>
  job === undefined ? call : Effect.andThen(job.begin, call).pipe(Effect.catchTag("HostUnavailable", job.abandon))

/** A call that changes nothing, from wherever it is made. */
export const fromInside = <A>(call: Effect.Effect<A, JobsError>): Effect.Effect<A, JobsError> =>
  CurrentJob.use((job) => madeBy(job, call))

/** The same for a call that changes something: it carries the incarnation of the job that makes it. */
export const changing = <A>(
  call: (mutation: { readonly parentIncarnationId?: string }) => Effect.Effect<A, JobsError>
): Effect.Effect<A, JobsError> =>
  CurrentJob.use((job) => madeBy(job, call(job === undefined ? {} : { parentIncarnationId: job.incarnationId })))

/** The same for a call that waits until the instance is free, which it is not while its own handler makes it. */
export const changingAnother = <A>(
  target: { readonly instanceId: string; readonly action: string },
  call: (mutation: { readonly parentIncarnationId?: string }) => Effect.Effect<A, JobsError>
): Effect.Effect<A, JobsError> =>
  CurrentJob.use((job) => {
    const { action, instanceId } = target
    if (job?.instanceId !== instanceId || job.hasEnded()) return changing(call)
    const problem = `a handler cannot ${action} its own instance, which would wait for it to end`
    return Effect.fail(new InvalidInput({ target: instanceId, field: "id", problem }))
  })
