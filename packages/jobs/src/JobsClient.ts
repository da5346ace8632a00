import { Context, Effect } from "effect"
import { CurrentJob } from "./engine/CurrentJob.ts"
import type { JobsError } from "./errors.ts"
import type { ContinuousAction, ContinuousAnswers, RequestFor } from "./JobRequest.ts"

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

/** Asks jobs to do things, from anywhere in an Effect program, also from inside a job. `jobsClient` adds the types. */
export class JobsClient extends Context.Service<JobsClient, JobsClientService>()("@durable-effect/jobs/JobsClient") {}

/** A call from inside a job first makes that job's attempt durable: what it causes must not come before it. */
const fromInside = <A>(
  call: (parentIncarnationId: string | undefined) => Effect.Effect<A, JobsError>
): Effect.Effect<A, JobsError> =>
  Effect.flatMap(
    CurrentJob,
    (job) => job === undefined ? call(undefined) : Effect.andThen(job.begin, call(job.incarnationId))
  )

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
      trigger: ({ id }) => fromInside(() => dispatch({ ...target, action: "trigger", id })),
      terminate: ({ id, reason }) =>
        fromInside(() => dispatch({ ...target, action: "terminate", id, ...(reason === undefined ? {} : { reason }) })),
      status: ({ id }) => fromInside(() => dispatch({ ...target, action: "status", id })),
      getState: ({ id }) => fromInside(() => dispatch({ ...target, action: "getState", id })),
      retry: ({ id }) => fromInside(() => dispatch({ ...target, action: "retry", id })),
      discard: ({ id }) => fromInside(() => dispatch({ ...target, action: "discard", id }))
    }
  }
})
