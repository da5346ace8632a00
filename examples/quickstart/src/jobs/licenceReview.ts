import { Task } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { addPackage, noTotals, Totals } from "../Totals.ts"
import { Verdict, verdictOn } from "../verdict.ts"

// #region define
/**
 * A licence under review; its id is the licence. It adds up the packages that have it, and gives its verdict once no
 * further one has come for a second. Then it is idle until the next audit, for which it counts from 0 again.
 */
export const licenceReview = Task.make({
  stateSchema: Schema.Struct({ audit: Schema.String, totals: Totals, verdict: Schema.NullOr(Verdict) }),
  eventSchema: Schema.Struct({ audit: Schema.String, files: Schema.Int, bytes: Schema.Int }),
  onEvent: ({ audit, ...size }, ctx) =>
    Effect.gen(function*() {
      const review = yield* ctx.state
      const totals = addPackage(review?.audit === audit ? review.totals : noTotals, size)
      yield* ctx.setState({ audit, totals, verdict: null })
      yield* ctx.schedule("1 second")
    }),
  execute: (ctx) => ctx.updateState((review) => ({ ...review, verdict: verdictOn(ctx.id) }))
})
// #endregion
