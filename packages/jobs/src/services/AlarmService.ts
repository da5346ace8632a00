import { isoOfMillis } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import type { Alarm, InstanceRecord } from "../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { addJobEvent } from "../events/emitJobEvent.ts"
import { lastInstant } from "../execution/lastInstant.ts"

/** A retry's alarm belongs to an execution. */
const ofRetried = ({ execution }: InstanceRecord, { kind }: Alarm) =>
  kind === "retry" && execution !== null ? { executionId: execution.executionId } : {}

/** The single alarm of an instance. */
export class AlarmService extends Context.Service<AlarmService, {
  /** Sets it, replacing any previous one. Instants after the last one that events can express become that one. */
  readonly schedule: (step: JobStep, alarm: Alarm) => Effect.Effect<void>
  /** Removes it and emits an event; does nothing if none is set. */
  readonly cancel: (step: JobStep, reason: string) => Effect.Effect<void>
  /** Takes it as due and emits an event. */
  readonly fire: (step: JobStep, alarm: Alarm, now: number) => Effect.Effect<void>
}>()("@durable-effect/jobs/AlarmService") {
  static readonly layer = Layer.succeed(AlarmService, {
    schedule: (step, { at, kind }) =>
      Effect.sync(() => {
        const record = recordOf(step)
        const alarm = { at: Math.min(at, lastInstant), kind }
        const replaced = record.alarm
        step.record = { ...record, alarm, generation: record.generation + 1 }
        addJobEvent(step, {
          type: "alarm.scheduled",
          scheduledFor: isoOfMillis(alarm.at),
          kind: alarm.kind,
          ...(replaced === null ? {} : { replaces: isoOfMillis(replaced.at) }),
          ...ofRetried(record, alarm)
        })
      }),
    cancel: (step, reason) =>
      Effect.sync(() => {
        const record = recordOf(step)
        const { alarm } = record
        if (alarm === null) return
        step.record = { ...record, alarm: null, generation: record.generation + 1 }
        addJobEvent(step, {
          type: "alarm.cancelled",
          scheduledFor: isoOfMillis(alarm.at),
          kind: alarm.kind,
          reason,
          ...ofRetried(record, alarm)
        })
      }),
    fire: (step, alarm, now) =>
      Effect.sync(() => {
        const record = recordOf(step)
        const lateByMs = Math.max(0, now - alarm.at)
        step.record = { ...record, alarm: null, generation: record.generation + 1 }
        step.metrics.alarmFired(record, lateByMs)
        addJobEvent(step, {
          type: "alarm.fired",
          scheduledFor: isoOfMillis(alarm.at),
          lateByMs,
          kind: alarm.kind,
          ...ofRetried(record, alarm)
        })
      })
  })
}
