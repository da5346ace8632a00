import { EventTracker, noopTracker } from "@durable-effect/core"
import { Context, Effect, Option } from "effect"
import { DispatchLink } from "../engine/DispatchLink.ts"
import { JobsClient, makeJobsClient } from "../JobsClient.ts"

/** The services that every runtime provides to user code. */
export type RuntimeServices = EventTracker | JobsClient

export const runtimeServices: Effect.Effect<Context.Context<RuntimeServices>, never, DispatchLink> = Effect.gen(
  function*() {
    const link = yield* DispatchLink
    const tracker = Option.getOrElse(yield* Effect.serviceOption(EventTracker), () => noopTracker)
    return Context.make(EventTracker, tracker).pipe(Context.add(JobsClient, makeJobsClient(link.dispatch)))
  }
)
