import { Backoff, Continuous } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { Packages } from "../Packages.ts"
import { Reports } from "../Reports.ts"

export class FailedOnPurpose
  extends Schema.TaggedError<FailedOnPurpose>()("FailedOnPurpose", { message: Schema.String })
{}

/** Compares what is installed with what the lock file asks for. Fails twice on purpose, to show what a retry looks like. */
export const lockfileCheck = Continuous.make({
  stateSchema: Schema.Struct({ directory: Schema.String }),
  schedule: Continuous.every("1 hour"),
  startImmediately: true,
  retry: { maxAttempts: 3, delay: Backoff.fixed("400 millis"), jitter: false },
  execute: (ctx) =>
    Effect.gen(function*() {
      const reports = yield* Reports
      const packages = yield* Packages
      if (ctx.attempt < 3) {
        yield* reports.say(`lockfileCheck: attempt ${ctx.attempt} of 3 fails on purpose`)
        return yield* new FailedOnPurpose({ message: `attempt ${ctx.attempt} of 3 fails on purpose` })
      }
      const { directory } = yield* ctx.state
      const installed = yield* packages.list(directory)
      const locked = yield* packages.locked(directory)
      yield* reports.say(
        `lockfileCheck: attempt ${ctx.attempt} of 3 succeeded: ${installed.length} packages installed, ${locked} in the lock file`
      )
      yield* ctx.terminate({ reason: "compared" })
    })
})
