import { Effect } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { AlarmService } from "../../services/AlarmService.ts"
import { taskOf } from "./decide.ts"

/** Notes when the handlers want `execute` to run. The alarm is another matter, since a retry's may be in its place. */
export const noteSchedule = (step: JobStep, at: number | null): void => {
  const record = recordOf(step)
  step.record = { ...record, task: { ...taskOf(record), scheduledAt: at } }
}

/**
 * Makes the alarm what is noted: `[alarm.scheduled | alarm.cancelled]`. One that is set as it should be stays, without a
 * word.
 */
export const fitAlarm = (alarms: AlarmService["Service"], step: JobStep) =>
  Effect.suspend(() => {
    const { alarm, ...record } = recordOf(step)
    const { scheduledAt } = taskOf({ alarm, ...record })
    if (scheduledAt === null) return alarms.cancel(step, alarm?.kind === "retry" ? "retried" : "cancelled")
    return alarm?.kind === "task" && alarm.at === scheduledAt
      ? Effect.void
      : alarms.schedule(step, { at: scheduledAt, kind: "task" })
  })
