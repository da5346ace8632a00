import { Effect } from "effect"
import type { Batch, SendResult } from "./Batch.ts"
import type { TrackerLoss } from "./HttpBatchTrackerConfig.ts"

const minuteMs = 60_000

/** Logs warnings, at most one per topic and minute: a failing endpoint must not flood the log as well. */
export class Warnings {
  readonly #lastAt = new Map<string, number>()
  readonly #nowMs: () => number

  /** @param nowMs milliseconds of a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  isDue(topic: string): boolean {
    const last = this.#lastAt.get(topic)
    return last === undefined || this.#nowMs() - last >= minuteMs
  }

  /** Logs unconditionally. */
  log(topic: string, message: string): Effect.Effect<void> {
    this.#lastAt.set(topic, this.#nowMs())
    return Effect.logWarning(message)
  }

  /** Logs if due. */
  warn(topic: string, message: string): Effect.Effect<void> {
    return Effect.suspend(() => this.isDue(topic) ? this.log(topic, message) : Effect.void)
  }
}

const endpointIsNoServer = "Check that `endpoint`, or TRACKER_ENDPOINT, is a tracker-server's /v1/events."

/** Keyed by the beginning of the endpoint's or transport's message. */
const advices: ReadonlyArray<readonly [RegExp, string]> = [
  [/^status 401/, "Check the API key: `headers.authorization` of the tracker, or TRACKER_API_KEY."],
  [/^status 403/, "The API key lacks the scope `ingest`: use one that has it."],
  [/^status [34]/, endpointIsNoServer],
  [
    /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|HOSTNAME_)/,
    "Check its certificate; NODE_EXTRA_CA_CERTS trusts one of your own."
  ],
  [/^(ENOTFOUND|EAI_)/, "Check the host name in `endpoint`, or TRACKER_ENDPOINT."]
]

const adviceOn = (detail: string): string =>
  advices.find(([pattern]) => pattern.test(detail))?.[1] ??
    "Check that tracker-server runs there and that `endpoint`, or TRACKER_ENDPOINT, names it."

/**
 * The warning for a request that did not end as it should, if any.
 * @param isLossLogged whether losses are logged anyway
 */
export const warningOf = (result: SendResult, batch: Batch, url: string, isLossLogged: boolean): string | undefined => {
  const isLost = batch.call === undefined
  switch (result.kind) {
    case "Acknowledged":
      return result.unread && `${url} took events, but of its answer ${result.unread}: some may be rejected.`
    case "Failed":
      return `${url} takes no events at the moment: ${result.detail}. ` +
        `They are kept within the tracker's bounds. ${adviceOn(result.detail)}`
    case "NotTaken":
    case "Refused": {
      const isTold = result.kind === "Refused"
        ? isLost && isLossLogged
        : isLost || result.isUnderstood || batch.items.length > 1 // the loss report covers a single event at fault
      if (isTold) return undefined
      const status = `status ${result.status}`
      const kept = isLost ? "" : "They are kept for later. "
      return `${url} refuses events with ${status} (${result.detail}). ${kept}${adviceOn(status)}`
    }
  }
}

/** The warning for lost events if `onLoss` is not set. The detail names the limiting option, if there is one. */
export const warningOfLoss = ({ count, detail, reason }: TrackerLoss, url: string): string =>
  `${count} tracking event${count === 1 ? " is" : "s are"} lost (${reason}) on the way to ${url}: ${detail}. ` +
  (reason === "refused" ? adviceOn(detail) : reason === "rejected" ? `If it is so for all: ${endpointIsNoServer}` : "")
