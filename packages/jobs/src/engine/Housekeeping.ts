import { Clock, Context, Effect, Layer } from "effect"
import { JobsHost } from "../host/JobsHost.ts"

/** How often expired rows are looked for. */
const interval = "1 hour"

/** Removes expired rows from the host, so that nothing there grows without bound. */
export class Housekeeping extends Context.Service<Housekeeping, {
  /** Never ends. */
  readonly run: Effect.Effect<never>
}>()("@durable-effect/jobs/Housekeeping") {
  static readonly layer = Layer.effect(
    Housekeeping,
    Effect.map(JobsHost, (host) => {
      const tidy = Effect.flatMap(Clock.currentTimeMillis, host.removeExpired).pipe(
        Effect.catch((error) => Effect.logWarning("What has expired could not be removed and waits an hour", error))
      )
      return { run: Effect.forever(Effect.andThen(tidy, Effect.sleep(interval))) }
    })
  )
}
