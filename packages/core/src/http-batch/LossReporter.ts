import { Effect } from "effect"
import { describeThrown } from "./describeThrown.ts"
import type { HttpBatchTrackerConfig, TrackerLoss } from "./HttpBatchTrackerConfig.ts"
import type { Ledger } from "./Ledger.ts"
import { warningOfLoss, type Warnings } from "./warnings.ts"

/**
 * Reports losses to `onLoss`, or else to the log. Losses that may not be logged yet stay in the ledger, so that the
 * next line gives the total.
 */
export class LossReporter {
  readonly #ledger: Ledger
  readonly #warnings: Warnings
  readonly #onLoss: HttpBatchTrackerConfig["onLoss"]
  readonly #url: string

  /** @param url the endpoint in a form that may be logged */
  constructor(ledger: Ledger, warnings: Warnings, onLoss: HttpBatchTrackerConfig["onLoss"], url: string) {
    this.#ledger = ledger
    this.#warnings = warnings
    this.#onLoss = onLoss
    this.#url = url
  }

  get isDue(): boolean {
    return this.#ledger.reasonsToReport.some((reason) => this.#onLoss !== undefined || this.#warnings.isDue(reason))
  }

  /** Reports what is due. */
  readonly report: Effect.Effect<void> = Effect.suspend(() => this.#tell(false))
  /** Reports everything: this is the last chance. */
  readonly reportAll: Effect.Effect<void> = Effect.suspend(() => this.#tell(true))

  #tell(isLast: boolean): Effect.Effect<void> {
    return Effect.forEach(this.#ledger.reasonsToReport, (reason) => {
      const onLoss = this.#onLoss
      if (onLoss === undefined && !isLast && !this.#warnings.isDue(reason)) return Effect.void
      const loss = this.#ledger.takeReport(reason)
      if (loss === undefined) return Effect.void
      if (onLoss !== undefined) return this.#call(onLoss, loss)
      const message = warningOfLoss(loss, this.#url)
      // The final report must not throttle a line that unexpectedly follows it.
      return isLast ? Effect.logWarning(message) : this.#warnings.log(reason, message)
    }, { discard: true })
  }

  /** A listener may throw; an async one is not awaited. */
  #call(onLoss: (loss: TrackerLoss) => unknown, loss: TrackerLoss): Effect.Effect<unknown> {
    return Effect.tryPromise({ try: async () => onLoss(loss), catch: describeThrown }).pipe(
      Effect.catch((description) => this.#warnings.warn("onLoss", `onLoss threw: ${description}`)),
      Effect.forkDetach({ startImmediately: true })
    )
  }
}
