import { Clock, Effect } from "effect"
import type { Batch, SendResult } from "./Batch.ts"
import type { TrackerLoss } from "./HttpBatchTrackerConfig.ts"

const minuteMs = 60_000

/** Logs warnings, those of one topic at most once a minute: a failing endpoint must not fill the log too. */
export const makeWarn = () => {
  const lastAt = new Map<string, number>()
  return (topic: string, message: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.monotonicTimeNanos, (nanos) => {
      const now = Number(nanos / 1_000_000n)
      const last = lastAt.get(topic)
      if (last !== undefined && now - last < minuteMs) return Effect.void
      lastAt.set(topic, now)
      return Effect.logWarning(message)
    })
}

const advice = (status: number): string => {
  if (status === 401) return "Check the API key: `headers.authorization` of the tracker, or TRACKER_API_KEY."
  if (status === 403) return "The API key lacks the scope `ingest`: use one that has it."
  if (status === 404 || status === 405) {
    return "Check the path of `endpoint`, or TRACKER_ENDPOINT: it ends in /v1/events."
  }
  return "Check that `endpoint`, or TRACKER_ENDPOINT, is a tracker-server's /v1/events."
}

/** What to tell of a request that stored nothing, if anything. */
export const warningOf = (result: SendResult, batch: Batch, url: string): string | undefined => {
  if (result.kind === "NotTaken" && !result.isUnderstood && batch.call !== undefined && batch.items.length === 1) {
    return `${url} answers a single event with status ${result.status} (${result.detail}), and not as tracker-server ` +
      `does. As long as it takes no other event either, events are kept and sent again. ${advice(result.status)}`
  }
  if (result.kind === "Refused") {
    return `${url} refuses tracking events with status ${result.status} (${result.detail}). ${advice(result.status)}`
  }
  if (result.kind === "Failed") {
    return `${url} takes no tracking events at the moment: ${result.detail}. ` +
      "They are kept and sent again within the tracker's bounds. Check that tracker-server runs there and that " +
      "`endpoint`, or TRACKER_ENDPOINT, names it."
  }
  return undefined
}

/** What to tell of lost events where nobody else is told. */
export const warningOfLoss = ({ count, detail, reason }: TrackerLoss): string =>
  `${count} tracking event${count === 1 ? " is" : "s are"} lost (${reason}): ${detail}`
