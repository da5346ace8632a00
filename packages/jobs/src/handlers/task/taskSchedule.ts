import { Effect } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { AlarmService } from "../../services/AlarmService.ts"
import { taskOf } from "./decide.ts"

/** Records when the handlers want `execute` to run. The alarm is separate, since a retry's may be in its place. */
export const noteSchedule = (step: JobStep, at: number | null): void => {
  const record = recordOf(step)
  step.record = { ...record, task: { ...taskOf(record), scheduledAt: at } }
}

/**
 * Sets the alarm to the recorded schedule: `[alarm.scheduled | alarm.cancelled]`. An alarm that is already correct
 * stays, without an event.
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
