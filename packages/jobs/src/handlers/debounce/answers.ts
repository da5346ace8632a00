import type { PendingCall } from "../../engine/PendingCall.ts"
import type { DebounceAnswers } from "../../requests/debounce.ts"
import type { RunEnd } from "../common/runEnd.ts"
import { willFlushAt } from "./decide.ts"

type Begun = Pick<PendingCall, "created" | "eventCount">

/** The answer to the `add` that has filled the buffer. */
export const addedAndFlushed = (
  { created, eventCount }: Begun,
  { instanceId, record, result }: RunEnd
): DebounceAnswers["add"] => {
  const retryScheduled = result === "RetryScheduled"
  return {
    instanceId,
    created,
    retryScheduled,
    eventCount,
    willFlushAt: retryScheduled ? willFlushAt(record) : null,
    status: "flushing"
  }
}

export const flushed = ({ eventCount }: Pick<Begun, "eventCount">, { result }: RunEnd): DebounceAnswers["flush"] => ({
  flushed: result === "Succeeded" || result === "TerminatedByHandler",
  eventCount,
  reason: "manual",
  retryScheduled: result === "RetryScheduled"
})

/** The answer to a call whose flush has ended. */
export const answerOf = (call: PendingCall, end: RunEnd): object | undefined => {
  switch (call.action) {
    case "add":
      return addedAndFlushed(call, end)
    case "flush":
      return flushed(call, end)
    case "retry":
      return { retried: true } satisfies DebounceAnswers["retry"]
    default:
      return undefined
  }
}
