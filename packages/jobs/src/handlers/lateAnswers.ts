import type { JobStep } from "../engine/JobStep.ts"
import type { PendingCall } from "../engine/PendingCall.ts"
import { lateEndOf } from "./common/runEnd.ts"
import { answerOf as answerOfContinuous } from "./continuous/answers.ts"
import { answerOf as answerOfDebounce } from "./debounce/answers.ts"
import { answerOf as answerOfTask } from "./task/answers.ts"

/** The answer to an interrupted call whose run has ended in this step; undefined for requests that begin no run. */
export const lateAnswerOf = (step: JobStep, call: PendingCall): object | undefined => {
  const end = lateEndOf(step)
  switch (step.stored?.jobType) {
    case "continuous":
      return answerOfContinuous(call, end)
    case "debounce":
      return answerOfDebounce(call, end)
    case "task":
      return answerOfTask(call, end)
    default:
      return undefined
  }
}
