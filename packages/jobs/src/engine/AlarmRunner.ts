import { Cause, Clock, Context, Effect, Layer, Option } from "effect"
import { Dispatcher } from "../Dispatcher.ts"
import type { JobsError } from "../errors.ts"
import type { StoredAlarm } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { Instances } from "./Instances.ts"
import { logAnnotations } from "./logAnnotations.ts"
import { Settings } from "./Settings.ts"
import { Signals } from "./Signals.ts"
import { StepStore } from "./StepStore.ts"

/** How long an alarm that its host or handler could not serve waits for its next try. */
const pauseAfterTroubleMs = 1000

/** Wakes due instances of this host in due order, some at a time, and sleeps on Effect's clock in between. */
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
      const claimed = new Set<string>()
      /** Alarms of definitions that this registry does not have: they stay for a program that has them. */
      const foreign = new Map<string, number>()

      /** What to do when an alarm could not be served. One whose handler failed, which has its own log, has been. */
      const onTrouble = ({ generation, instanceId }: StoredAlarm, cause: Cause.Cause<JobsError>) => {
        const error = Option.getOrUndefined(Cause.findErrorOption(cause))
        if (error?._tag === "ExecutionFailed") return Effect.void
        if (error?._tag === "JobNotFound") foreign.set(instanceId, generation)
        const told = Effect.flatMap(
          error?._tag === "JobNotFound" ? Effect.succeedNone : Effect.option(store.read(instanceId)),
          (record) =>
            Effect.logError("An alarm could not be served", cause).pipe(
              Effect.annotateLogs(logAnnotations(instanceId, Option.getOrUndefined(record)))
            )
        )
        return Effect.andThen(told, error?._tag === "JobNotFound" ? Effect.void : Effect.sleep(pauseAfterTroubleMs))
      }

      const serve = (alarm: StoredAlarm) =>
        dispatcher.handleAlarm(alarm.instanceId, alarm.generation).pipe(
          Effect.catchCause((cause) => onTrouble(alarm, cause)),
          Effect.ensuring(Effect.sync(() => {
            claimed.delete(alarm.instanceId)
            signals.alarms.ring()
          }))
        )

      /** Takes what is due and free, and sets the timer for what is due next. */
      const takeDue = Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        // Those that run or may run now, those that cannot, and the one to wait for.
        const limit = settings.alarmConcurrency + instances.busyCount() + foreign.size + 1
        const alarms = yield* host.earliestAlarms(limit, now)
        for (const alarm of alarms) {
          const { dueAt, generation, instanceId } = alarm
          if (dueAt > now) {
            signals.wakeAt(dueAt)
            break
          }
          if (claimed.has(instanceId) || foreign.get(instanceId) === generation) continue
          if (claimed.size >= settings.alarmConcurrency) break
          if (instances.isBusy(instanceId)) {
            signals.awaited.add(instanceId)
            continue
          }
          claimed.add(instanceId)
          yield* Effect.forkChild(serve(alarm), { startImmediately: true })
        }
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
