import { Backoff, Continuous, createJobRegistry } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { Packages } from "./Packages.ts"
import { Reports } from "./Reports.ts"
import { addAudit, emptySummary, Summary } from "./summary.ts"

/** Packages audited in one run. */
const perRun = 10

// #region define
/** Audits the packages installed in a folder, ten a run, and remembers in its state how far it is. */
export const packageAudit = Continuous.make({
  stateSchema: Schema.Struct({ directory: Schema.String, next: Schema.Int, summary: Summary }),
  schedule: Continuous.every("250 millis"),
  startImmediately: true,
  retry: { maxAttempts: 5, delay: Backoff.exponential({ base: "100 millis", max: "5 seconds" }), jitter: true },
  execute: (ctx) =>
    Effect.gen(function*() {
      const packages = yield* Packages
      const { directory, next, summary } = yield* ctx.state
      const paths = yield* packages.list(directory)
      const batch = paths.slice(next, next + perRun)
      let found = summary
      for (const [index, path] of batch.entries()) {
        const audit = yield* packages.audit(path)
        found = addAudit(found, audit)
        yield* ctx.progress((index + 1) / batch.length, `${next + index + 1} of ${paths.length}: ${audit.name}`)
      }
      yield* ctx.setState({ directory, next: next + batch.length, summary: found })
      if (next + batch.length < paths.length) return
      yield* Reports.use((reports) => reports.summary(found))
      yield* ctx.terminate({ reason: `audited ${paths.length} packages` })
    })
})
// #endregion

export const startOfAudit = (directory: string) => ({ directory, next: 0, summary: emptySummary })

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

export const registry = createJobRegistry({ packageAudit, lockfileCheck })
