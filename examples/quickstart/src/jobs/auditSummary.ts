import { Backoff, Continuous } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { Reports } from "../Reports.ts"
import { begin, conclude, whatIsOpen } from "./auditSteps.ts"

const Scope = Schema.Struct({ packages: Schema.Int, licences: Schema.Array(Schema.String) })

// #region define
/** Hands a workspace's packages to the pool, looks twice a second how far all is, and ends with the summary. */
export const auditSummary = Continuous.make({
  stateSchema: Schema.Struct({ directory: Schema.String, scope: Schema.NullOr(Scope) }),
  schedule: Continuous.every("500 millis"),
  startImmediately: true,
  retry: { maxAttempts: 5, delay: Backoff.exponential({ base: "100 millis", max: "5 seconds" }), jitter: true },
  execute: (ctx) =>
    Effect.gen(function*() {
      const audit = ctx.incarnationId
      const { directory, scope } = yield* ctx.state
      if (scope === null) return yield* ctx.setState({ directory, scope: yield* begin(audit, directory) })
      const open = yield* whatIsOpen(scope.licences)
      const through = scope.packages - open.packages
      yield* ctx.progress(through / Math.max(1, scope.packages), `${through} of ${scope.packages}`)
      if (open.packages + open.reviews > 0) return
      const summary = yield* conclude(audit, scope.licences)
      yield* Reports.use((reports) => reports.summary(summary))
      yield* ctx.terminate({ reason: `audited ${scope.packages} packages` })
    })
})
// #endregion
