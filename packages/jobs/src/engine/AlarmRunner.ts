import { Cause, Clock, Context, Effect, Layer, Option } from "effect"
import { Dispatcher } from "../Dispatcher.ts"
import type { JobsError } from "../errors.ts"
import type { StoredAlarm } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { AlarmService } from "../services/AlarmService.ts"
import { Instances } from "./Instances.ts"
import { recordOf } from "./JobStep.ts"
import { logAnnotations } from "./logAnnotations.ts"
import { Settings } from "./Settings.ts"
import { Signals } from "./Signals.ts"
import { StepStore } from "./StepStore.ts"
import { TreatedAlarms, type Treatment } from "./TreatedAlarms.ts"

/**
 * How long an alarm that its host or handler could not serve waits for its next try. It keeps its slot among those
 * running, so that a host in trouble is not asked for everything due at once.
 */
const pauseAfterTroubleMs = 1000

/**
 * Wakes due instances of this host in due order, a limited number at a time, and sleeps on Effect's clock in between.
 */
export class AlarmRunner extends Context.Service<AlarmRunner, {
  /** Never ends. */
  readonly run: Effect.Effect<never>
}>()("@durable-effect/jobs/AlarmRunner") {
  static readonly layer = Layer.effect(
    AlarmRunner,
    Effect.gen(function*() {
      const host = yield* JobsHost
      const dispatcher = yield* Dispatcher
      const instances = yield* Instances
      const store = yield* StepStore
      const signals = yield* Signals
      const settings = yield* Settings
      const alarmService = yield* AlarmService
      const claimed = new Set<string>()
      /** Id prefixes of definitions missing in this registry: their instances wait for a program that has them. */
      const foreign = new Set<string>()
      const isForeign = (instanceId: string) => [...foreign].some((prefix) => instanceId.startsWith(prefix))
      const treated = new TreatedAlarms()
      let isTakenUp = false

      /** Attempts begun in an earlier process were interrupted with it. */
      const takeUp = Effect.gen(function*() {
        if (isTakenUp) return
        // Including busy instances: whoever holds them may fail before there is a step whose end would put them back.
        for (const alarm of yield* host.heldAlarms) signals.cutOff.set(alarm.instanceId, alarm)
        isTakenUp = true
      })

      /** The earliest of the alarms reported by the host and of the interrupted ones. */
      const earliest = (limit: number, now: number) =>
        Effect.map(
          host.earliestAlarms(limit, now, [...foreign]),
          (alarms) =>
            [...signals.cutOff.earliest(limit, now, []), ...alarms]
              .sort((a, b) => a.dueAt - b.dueAt)
              .slice(0, limit)
        )

      const leaveAlone = (prefix: string, cause: Cause.Cause<JobsError>) =>
        Effect.suspend(() => {
          foreign.add(prefix)
          return Effect.logError("The alarms of a job that the registry does not have are left alone", cause).pipe(
            Effect.annotateLogs({ jobName: prefix.split(":")[1] })
          )
        })

      /** Handles an alarm that could not be served. If its handler failed, which logs by itself, it was served. */
      const onTrouble = (alarm: StoredAlarm, treatment: Treatment, cause: Cause.Cause<JobsError>) => {
        const { instanceId } = alarm
        const error = Option.getOrUndefined(Cause.findErrorOption(cause))
        if (error?._tag === "ExecutionFailed") return Effect.void
        // Its instance is quarantined and reported. Should the alarm still be there, it is corrected.
        if (error?._tag === "StateUndecodable" && treatment === "serve") {
          return Effect.sync(() => treated.note(alarm, treatment))
        }
        if (error?._tag === "JobNotFound") {
          const prefix = `${error.jobType}:${error.jobName}:`
          // A damaged record may name another job than its id does; that job's instances must not suffer for it.
          if (instanceId.startsWith(prefix)) return foreign.has(prefix) ? Effect.void : leaveAlone(prefix, cause)
        }
        return Effect.flatMap(
          Effect.option(store.read(instanceId)),
          (record) =>
            Effect.logError("An alarm could not be served", cause).pipe(
              Effect.annotateLogs(logAnnotations(instanceId, Option.getOrUndefined(record)))
            )
        ).pipe(Effect.andThen(Effect.sleep(pauseAfterTroubleMs)))
      }

      /** Makes the alarm the instance's own, or quarantines the instance if that was in vain. */
      const setRight = ({ instanceId }: StoredAlarm, treatment: "correct" | "quarantine") =>
        instances.step(
          instanceId,
          Effect.fnUntraced(function*(step) {
            if (step.record === undefined) return
            // A pool's alarm stays due for as long as there is work, whoever handles it.
            const isInVain = treatment === "quarantine" && step.record.pool === undefined
            if (isInVain) yield* alarmService.cancel(step, "defect")
            step.record = { ...recordOf(step), quarantined: step.record.quarantined || isInVain }
            yield* store.commit(step)
            yield* Effect.logError(
              isInVain
                ? "The instance is quarantined: its alarm changes nothing"
                : "The stored alarm did not fit the instance and was set right"
            ).pipe(Effect.annotateLogs(logAnnotations(instanceId, step.record)))
          })
        ).pipe(Effect.andThen(Effect.sleep(pauseAfterTroubleMs)))

      const treat = (alarm: StoredAlarm, treatment: Treatment) =>
        (treatment === "serve"
          ? dispatcher.handleAlarm(alarm.instanceId, alarm.generation)
          : setRight(alarm, treatment)).pipe(
            Effect.tap(() => Effect.sync(() => treated.note(alarm, treatment))),
            Effect.catchCause((cause) => onTrouble(alarm, treatment, cause)),
            Effect.ensuring(Effect.sync(() => {
              claimed.delete(alarm.instanceId)
              signals.alarms.ring()
            }))
          )

      /** Takes due alarms of free instances, and sets the timer for the next one. */
      const takeDue = Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        yield* takeUp
        // Those that run or may run now, those that were busy at the last look, and the next one to wait for.
        const limit = settings.alarmConcurrency + signals.awaited.size + 1
        const alarms = yield* earliest(limit, now)
        signals.awaited.clear()
        treated.beginLook()
        let mayBeMore = alarms.length === limit
        for (const alarm of alarms) {
          const { dueAt, instanceId } = alarm
          if (dueAt > now) {
            signals.wakeAt(dueAt)
            mayBeMore = false
            break
          }
          if (claimed.has(instanceId)) continue
          // One of the previous ones may have shown only now that the registry does not have their job.
          if (isForeign(instanceId)) {
            signals.cutOff.set(instanceId, null)
            continue
          }
          if (claimed.size >= settings.alarmConcurrency) {
            mayBeMore = false
            break
          }
          if (instances.isBusy(instanceId)) {
            signals.awaited.add(instanceId)
            continue
          }
          claimed.add(instanceId)
          yield* Effect.forkChild(treat(alarm, treated.treatmentOf(alarm)), { startImmediately: true })
        }
        if (mayBeMore) signals.alarms.ring()
      }).pipe(
        Effect.catch((error) =>
          Effect.andThen(Effect.logError("The alarms cannot be read", error), Effect.sleep(pauseAfterTroubleMs)).pipe(
            Effect.andThen(Effect.sync(signals.alarms.ring))
          )
        )
      )

      return { run: Effect.forever(Effect.andThen(takeDue, signals.alarms.wait)) }
    })
  )
}
