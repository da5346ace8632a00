import { Context, Effect } from "effect"
import { CurrentJob } from "./engine/CurrentJob.ts"
import { InvalidInput, type JobsError } from "./errors.ts"
import {
  type ContinuousAction,
  type ContinuousAnswers,
  instanceIdFor,
  type JobRequest,
  type RequestFor
} from "./JobRequest.ts"

/** Carries a request to whoever holds the instance. */
export type Dispatch = <A extends ContinuousAction>(
  request: RequestFor<A>
) => Effect.Effect<ContinuousAnswers[A], JobsError>

/** The calls on one definition's instances, by a name that only the registry at run time knows. */
export interface UntypedContinuousClient {
  readonly start: (
    args: { readonly id: string; readonly input: unknown }
  ) => Effect.Effect<ContinuousAnswers["start"], JobsError>
  readonly trigger: (args: { readonly id: string }) => Effect.Effect<ContinuousAnswers["trigger"], JobsError>
  readonly terminate: (
    args: { readonly id: string; readonly reason?: string }
  ) => Effect.Effect<ContinuousAnswers["terminate"], JobsError>
  readonly status: (args: { readonly id: string }) => Effect.Effect<ContinuousAnswers["status"], JobsError>
  readonly getState: (args: { readonly id: string }) => Effect.Effect<ContinuousAnswers["getState"], JobsError>
  readonly retry: (args: { readonly id: string }) => Effect.Effect<ContinuousAnswers["retry"], JobsError>
  readonly discard: (args: { readonly id: string }) => Effect.Effect<ContinuousAnswers["discard"], JobsError>
}

export interface JobsClientService {
  readonly continuous: (name: string) => UntypedContinuousClient
}

/**
 * Asks jobs to do things, from anywhere in an Effect program, also from inside a job. `jobsClient` adds the types.
 *
 * Inside a job two things differ. `HostUnavailable` does not reach the handler: it is stopped, and the same attempt runs
 * again later, since a failing host uses up no attempt. And a call that would wait for an instance whose handler waits
 * for the caller's fails with `InvalidInput`, as both would wait for ever.
 */
export class JobsClient extends Context.Service<JobsClient, JobsClientService>()("@durable-effect/jobs/JobsClient") {}

/**
 * A call from inside a job first makes that job's attempt durable: what it causes must not come before it. A host that
 * fails is no failure of the handler.
 */
const fromInside = <A>(
  call: (parentIncarnationId: string | undefined) => Effect.Effect<A, JobsError>
): Effect.Effect<A, JobsError> =>
  Effect.flatMap(
    CurrentJob,
    (job) =>
      job === undefined
        ? call(undefined)
        : Effect.andThen(job.begin, call(job.incarnationId)).pipe(Effect.catchTag("HostUnavailable", job.abandon))
  )

/** For calls that wait until the instance is free, which it is not while its own handler makes them. */
const ofAnother = <A>(
  request: JobRequest,
  call: Effect.Effect<A, JobsError>
): Effect.Effect<A, JobsError> =>
  Effect.flatMap(CurrentJob, (job) => {
    const target = instanceIdFor(request)
    if (job?.instanceId !== target || job.hasEnded()) return fromInside(() => call)
    const problem = `a handler cannot ${request.action} its own instance, which would wait for it to end`
    return Effect.fail(new InvalidInput({ target, field: "id", problem }))
  })

export const makeJobsClient = (dispatch: Dispatch): JobsClientService => ({
  continuous: (name) => {
    const target = { type: "continuous", name } as const
    return {
      start: ({ id, input }) =>
        fromInside((parentIncarnationId) =>
          dispatch({
            ...target,
            action: "start",
            id,
            input,
            ...(parentIncarnationId === undefined ? {} : { parentIncarnationId })
          })
        ),
      trigger: ({ id }) => {
        const request = { ...target, action: "trigger", id } as const
        return ofAnother(request, dispatch(request))
      },
      terminate: ({ id, reason }) =>
        fromInside(() => dispatch({ ...target, action: "terminate", id, ...(reason === undefined ? {} : { reason }) })),
      status: ({ id }) => fromInside(() => dispatch({ ...target, action: "status", id })),
      getState: ({ id }) => fromInside(() => dispatch({ ...target, action: "getState", id })),
      retry: ({ id }) => {
        const request = { ...target, action: "retry", id } as const
        return ofAnother(request, dispatch(request))
      },
      discard: ({ id }) => {
        const request = { ...target, action: "discard", id } as const
        return ofAnother(request, dispatch(request))
      }
    }
  }
})
