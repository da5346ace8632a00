import { Context, Effect, Layer } from "effect"
import { HostUnavailable } from "../errors.ts"
import type { Dispatch } from "../JobsClient.ts"

/**
 * Joins user code's `JobsClient` to the Dispatcher. The Dispatcher stands on the service that runs user code, so it
 * can only be tied in afterwards.
 */
export class DispatchLink extends Context.Service<DispatchLink, { dispatch: Dispatch }>()(
  "@durable-effect/jobs/DispatchLink"
) {
  static readonly layer = Layer.sync(DispatchLink, () => ({
    dispatch: () =>
      Effect.fail(new HostUnavailable({ host: "none", problem: "There is no Dispatcher in this program to ask." }))
  }))
}
