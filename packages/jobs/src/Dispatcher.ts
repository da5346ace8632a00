import { Context, Effect, Layer } from "effect"
import { DispatchLink } from "./engine/DispatchLink.ts"
import { StepStore } from "./engine/StepStore.ts"
import { InvalidInput, type JobsError } from "./errors.ts"
import { ContinuousHandler } from "./handlers/continuous/ContinuousHandler.ts"
import type { ContinuousAction, RequestFor } from "./JobRequest.ts"
import type { Dispatch } from "./JobsClient.ts"

const actions: ReadonlySet<string> = new Set([
  "start",
  "trigger",
  "terminate",
  "status",
  "getState",
  "retry",
  "discard"
])

const wrong = (field: string, value: unknown, known: string) =>
  new InvalidInput({ target: "request", field, problem: `${JSON.stringify(value)} is not one of: ${known}` })

/** Brings requests and alarms to the handler of their job type. */
export class Dispatcher extends Context.Service<Dispatcher, {
  readonly handle: Dispatch
  /**
   * Runs what is due for an instance; does nothing when nothing is.
   * @param generation of the alarm that fired, so that a late one of an older alarm is none; undefined when unknown
   */
  readonly handleAlarm: (instanceId: string, generation?: number) => Effect.Effect<void, JobsError>
}>()("@durable-effect/jobs/Dispatcher") {
  static readonly layer = Layer.effect(
    Dispatcher,
    Effect.gen(function*() {
      const continuous = yield* ContinuousHandler
      const store = yield* StepStore
      const link = yield* DispatchLink

      const handle: Dispatch = <A extends ContinuousAction>(
        request: RequestFor<A>
      ) => {
        // Requests also come from outside of the compiler's sight.
        if (request.type !== "continuous") return Effect.fail(wrong("type", request.type, "continuous"))
        if (!actions.has(request.action)) return Effect.fail(wrong("action", request.action, [...actions].join(", ")))
        return continuous.handle<A>(request)
      }
      link.dispatch = handle

      return {
        handle,
        handleAlarm: (instanceId, generation) =>
          Effect.gen(function*() {
            const record = yield* Effect.tapError(
              store.read(instanceId),
              // A record that nobody can read would be due for ever.
              (error) => error._tag === "StateUndecodable" ? store.setAside(instanceId, "keep") : Effect.void
            )
            if (record !== undefined) yield* continuous.handleAlarm(instanceId, record.jobName, generation)
          })
      }
    })
  )
}
