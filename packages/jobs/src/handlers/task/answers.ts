import type { PendingCall } from "../../engine/PendingCall.ts"
import type { TaskAnswers } from "../../requests/task.ts"
import type { RunEnd } from "../common/runEnd.ts"
import { scheduledAtOf, statusOf } from "./decide.ts"

export const sent = (
  { created }: Pick<PendingCall, "created">,
  { instanceId, record }: Pick<RunEnd, "instanceId" | "record">
): TaskAnswers["send"] => ({
  instanceId,
  created,
  scheduledAt: scheduledAtOf(record),
  status: statusOf(record)
})

/** The answer to a call whose run has ended. */
export const answerOf = (call: PendingCall, end: RunEnd): object | undefined => {
  switch (call.action) {
    case "send":
      return sent(call, end)
    case "trigger":
      return { instanceId: end.instanceId, triggered: true } satisfies TaskAnswers["trigger"]
    case "retry":
      return { retried: true } satisfies TaskAnswers["retry"]
    default:
      return undefined
  }
}
