import { Context, Effect, Layer } from "effect"
import { DispatchLink } from "./engine/DispatchLink.ts"
import { logAnnotations } from "./engine/logAnnotations.ts"
import { StepStore } from "./engine/StepStore.ts"
import type { JobsError } from "./errors.ts"
import { ContinuousHandler } from "./handlers/continuous/ContinuousHandler.ts"
import { DebounceHandler } from "./handlers/debounce/DebounceHandler.ts"
import { lateAnswerOf } from "./handlers/lateAnswers.ts"
import { TaskHandler } from "./handlers/task/TaskHandler.ts"
import { WorkerPoolHandler } from "./handlers/worker-pool/WorkerPoolHandler.ts"
import type { JobAnswer, JobRequest } from "./JobRequest.ts"
import type { Dispatch } from "./JobsClient.ts"
import { readRequest } from "./readRequest.ts"

/** Routes requests and alarms to the handler of their job type. */
export class Dispatcher extends Context.Service<
  Dispatcher,
  Dispatch & {
    /** Executes a request. */
    readonly handle: (request: JobRequest) => Effect.Effect<JobAnswer, JobsError>
    /**
     * Runs whatever is due for an instance; does nothing if nothing is.
     * @param generation generation of the alarm that fired, so that a late firing of an older alarm is ignored;
     * undefined if unknown
     */
    readonly handleAlarm: (instanceId: string, generation?: number) => Effect.Effect<void, JobsError>
  }
>()("@durable-effect/jobs/Dispatcher") {
  static readonly layer = Layer.effect(
    Dispatcher,
    Effect.gen(function*() {
      const continuous = yield* ContinuousHandler
      const debounce = yield* DebounceHandler
      const task = yield* TaskHandler
      const workerPool = yield* WorkerPoolHandler
      const store = yield* StepStore
      const link = yield* DispatchLink

      const dispatch: Dispatch = {
        continuous: (request) => Effect.flatMapEager(readRequest(request), continuous.handle),
        debounce: (request) => Effect.flatMapEager(readRequest(request), debounce.handle),
        task: (request) => Effect.flatMapEager(readRequest(request), task.handle),
        workerPool: (request) => Effect.flatMapEager(readRequest(request), workerPool.handle)
      }

      const readRecord = (instanceId: string) =>
        Effect.tapError(
          store.read(instanceId),
          // An unreadable record would stay due forever.
          (error) =>
            error._tag === "StateUndecodable"
              ? Effect.andThen(
                store.setAside(instanceId, "keep"),
                Effect.logError("The instance is left alone: its record cannot be read", error).pipe(
                  Effect.annotateLogs(logAnnotations(instanceId, undefined))
                )
              )
              : Effect.void
        )

      link.tie({
        dispatch,
        answerOf: lateAnswerOf,
        resume: Effect.fnUntraced(function*(instanceId) {
          const record = yield* readRecord(instanceId)
          switch (record?.jobType) {
            case "continuous":
              return yield* continuous.handleAlarm(instanceId, record.jobName, undefined)
            case "debounce":
              return yield* debounce.handleAlarm(instanceId, record.jobName, undefined)
            case "task":
              return yield* task.resume(instanceId, record.jobName)
            default:
              return undefined
          }
        })
      })

      return {
        ...dispatch,
        handle: (request) =>
          Effect.flatMapEager(readRequest(request), (known): Effect.Effect<JobAnswer, JobsError> => {
            switch (known.type) {
              case "continuous":
                return continuous.handle(known)
              case "debounce":
                return debounce.handle(known)
              case "task":
                return task.handle(known)
              case "workerPool":
                return workerPool.handle(known)
            }
          }),
        handleAlarm: Effect.fnUntraced(function*(instanceId, generation) {
          const record = yield* readRecord(instanceId)
          if (record === undefined) return
          if (record.jobType === "workerPool") return yield* workerPool.handleAlarm(instanceId, record.jobName)
          const handler = record.jobType === "debounce" ? debounce : record.jobType === "task" ? task : continuous
          yield* handler.handleAlarm(instanceId, record.jobName, generation)
        })
      }
    })
  )
}
