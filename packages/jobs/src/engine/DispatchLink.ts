import { Context, Effect, Layer } from "effect"
import { HostUnavailable, type JobsError } from "../errors.ts"
import type { Dispatch } from "../JobsClient.ts"
import type { JobStep } from "./JobStep.ts"
import type { PendingCall } from "./PendingCall.ts"

const nobody = () =>
  Effect.fail(new HostUnavailable({ host: "none", problem: "There is no Dispatcher in this program to ask." }))

/** What the services below the handlers require of them. */
export interface Upwards {
  readonly dispatch: Dispatch
  /** Runs the instance's interrupted attempt, if there is one. */
  readonly resume: (instanceId: string) => Effect.Effect<void, JobsError>
  /**
   * The answer of a call whose run has ended in this step, possibly by termination; undefined for requests that begin
   * no run.
   */
  readonly answerOf: (step: JobStep, call: PendingCall) => object | undefined
}

/**
 * Connects user code's `JobsClient` to the Dispatcher, which depends on the service that runs user code and so can only
 * be linked afterwards.
 */
export class DispatchLink extends Context.Service<DispatchLink, {
  /** Forwards to whatever is linked when the request is made. */
  readonly dispatch: Dispatch
  readonly resume: Upwards["resume"]
  readonly answerOf: Upwards["answerOf"]
  readonly tie: (upwards: Upwards) => void
}>()("@durable-effect/jobs/DispatchLink") {
  static readonly layer = Layer.sync(DispatchLink, () => {
    let tied: Upwards = {
      dispatch: { continuous: nobody, debounce: nobody, task: nobody, workerPool: nobody },
      resume: nobody,
      answerOf: () => undefined
    }
    return {
      dispatch: {
        continuous: (request) => tied.dispatch.continuous(request),
        debounce: (request) => tied.dispatch.debounce(request),
        task: (request) => tied.dispatch.task(request),
        workerPool: (request) => tied.dispatch.workerPool(request)
      },
      resume: (instanceId) => tied.resume(instanceId),
      answerOf: (step, call) => tied.answerOf(step, call),
      tie: (upwards) => {
        tied = upwards
      }
    }
  })
}
