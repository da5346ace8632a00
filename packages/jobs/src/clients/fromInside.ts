import { Effect } from "effect"
import { CurrentJob, type RunningJob } from "../engine/CurrentJob.ts"
import { InvalidInput, type JobsError } from "../errors.ts"

/**
 * A call from inside a job first makes that job's attempt durable: its consequences must not precede it. A failing host
 * is not a failure of the handler.
 */
const madeBy = <A>(job: RunningJob | undefined, call: Effect.Effect<A, JobsError>): Effect.Effect<A, JobsError> =>
  job === undefined ? call : Effect.andThen(job.begin, call).pipe(Effect.catchTag("HostUnavailable", job.abandon))

/** A call that changes nothing, made from anywhere. */
export const fromInside = <A>(call: Effect.Effect<A, JobsError>): Effect.Effect<A, JobsError> =>
  CurrentJob.use((job) => madeBy(job, call))

/** `fromInside` for a call that changes something: it carries the incarnation of the calling job. */
export const changing = <A>(
  call: (mutation: { readonly parentIncarnationId?: string }) => Effect.Effect<A, JobsError>
): Effect.Effect<A, JobsError> =>
  CurrentJob.use((job) => madeBy(job, call(job === undefined ? {} : { parentIncarnationId: job.incarnationId })))

/**
 * `changing` for a call that waits until the instance is free, which it never is while its own handler makes the call.
 */
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
