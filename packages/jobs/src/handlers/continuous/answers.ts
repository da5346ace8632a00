import type { PendingCall } from "../../engine/PendingCall.ts"
import type { ContinuousAnswers } from "../../requests/continuous.ts"
import type { RunEnd } from "../common/runEnd.ts"
import { statusOf } from "./decide.ts"

export const started = ({ instanceId, record }: RunEnd): ContinuousAnswers["start"] => ({
  instanceId,
  created: true,
  status: statusOf(record)
})

export const triggered = ({ result }: RunEnd): ContinuousAnswers["trigger"] => ({
  triggered: result !== "NothingToRun",
  terminated: result === "TerminatedByHandler" || result === "Interrupted",
  retryScheduled: result === "RetryScheduled"
})

/** The answer to a call whose run has ended. */
export const answerOf = ({ action }: PendingCall, end: RunEnd): object | undefined => {
  switch (action) {
    case "start":
      return started(end)
    case "trigger":
      return triggered(end)
    case "retry":
      return { retried: true } satisfies ContinuousAnswers["retry"]
    default:
      return undefined
  }
}
