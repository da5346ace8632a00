import { Effect } from "effect"
import { describeThrown } from "./describeThrown.ts"
import type { HttpBatchTrackerConfig, TrackerLoss } from "./HttpBatchTrackerConfig.ts"
import type { Ledger } from "./Ledger.ts"
import { warningOfLoss, type Warnings } from "./warnings.ts"

/**
 * Tells of losses: `onLoss`, else the log. What the log must not be told yet stays in the books, so that the next line says
 * how many there were in all.
 */
export class LossReporter {
  readonly #ledger: Ledger
  readonly #warnings: Warnings
  readonly #onLoss: HttpBatchTrackerConfig["onLoss"]
  readonly #url: string

  /** @param url the endpoint as it may be logged */
  constructor(ledger: Ledger, warnings: Warnings, onLoss: HttpBatchTrackerConfig["onLoss"], url: string) {
    this.#ledger = ledger
    this.#warnings = warnings
    this.#onLoss = onLoss
    this.#url = url
  }

  get isDue(): boolean {
    return this.#ledger.reasonsToReport.some((reason) => this.#onLoss !== undefined || this.#warnings.isDue(reason))
  }

  /** Tells of what may be told now. */
  readonly report: Effect.Effect<void> = Effect.suspend(() => this.#tell(false))
  /** Tells of everything: nobody comes after. */
  readonly reportAll: Effect.Effect<void> = Effect.suspend(() => this.#tell(true))

  #tell(isLast: boolean): Effect.Effect<void> {
    return Effect.forEach(this.#ledger.reasonsToReport, (reason) => {
      const onLoss = this.#onLoss
      if (onLoss === undefined && !isLast && !this.#warnings.isDue(reason)) return Effect.void
      const loss = this.#ledger.takeReport(reason)
      if (loss === undefined) return Effect.void
      if (onLoss !== undefined) return this.#call(onLoss, loss)
      const message = warningOfLoss(loss, this.#url)
      // The last line of all holds nothing up that may come after it against expectation.
      return isLast ? Effect.logWarning(message) : this.#warnings.log(reason, message)
    }, { discard: true })
  }

  /** A listener may throw; one that is an async function is not waited for. */
  #call(onLoss: (loss: TrackerLoss) => unknown, loss: TrackerLoss): Effect.Effect<unknown> {
    return Effect.tryPromise({ try: async () => onLoss(loss), catch: describeThrown }).pipe(
      Effect.catch((description) => this.#warnings.warn("onLoss", `onLoss threw: ${description}`)),
      Effect.forkDetach({ startImmediately: true })
    )
  }
}
