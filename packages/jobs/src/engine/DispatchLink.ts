import { Context, Effect, Layer } from "effect"
import { HostUnavailable } from "../errors.ts"
import type { Dispatch } from "../JobsClient.ts"

const nobody = () =>
  Effect.fail(new HostUnavailable({ host: "none", problem: "There is no Dispatcher in this program to ask." }))

/**
 * Joins user code's `JobsClient` to the Dispatcher, which stands on the service that runs user code, so it can only be
 * tied in afterwards.
 */
export class DispatchLink extends Context.Service<DispatchLink, {
  /** Asks whatever is tied in when the request is made. */
  readonly dispatch: Dispatch
  readonly tie: (dispatch: Dispatch) => void
}>()("@durable-effect/jobs/DispatchLink") {
  static readonly layer = Layer.sync(DispatchLink, () => {
    let tied: Dispatch = { continuous: nobody, debounce: nobody, task: nobody, workerPool: nobody }
    return {
      dispatch: {
        continuous: (request) => tied.continuous(request),
        debounce: (request) => tied.debounce(request),
        task: (request) => tied.task(request),
        workerPool: (request) => tied.workerPool(request)
      },
      tie: (dispatch) => {
        tied = dispatch
      }
    }
  })
}
