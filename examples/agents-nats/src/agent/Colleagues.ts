import { AgentReporter, decodeTaskEvent, EventBus } from "@durable-effect/bus"
import type { ActionResult } from "@durable-effect/core"
import { Context, Deferred, Effect, Layer, Option, Schema } from "effect"

/** A colleague did not do what it was asked for. */
export class TaskFailed extends Schema.TaggedError<TaskFailed>()("TaskFailed", {
  taskId: Schema.String,
  message: Schema.String
}) {}

type Result = typeof ActionResult.Type

/** What is asked of whom, under which id. */
export interface Question<I, A> {
  readonly of: string
  readonly type: `${string}.requested`
  readonly taskId: string
  readonly input: I
  readonly answer: Schema.Codec<A, unknown>
}

/** A colleague that has not answered by then will not. */
const patience = "40 seconds"

/** The other agents, to be asked for something. */
export class Colleagues extends Context.Service<Colleagues, {
  /** Asks, and waits for the result; `event` is what said it. */
  readonly ask: <I extends object, A>(
    question: Question<I, A>
  ) => Effect.Effect<{ readonly answer: A; readonly event: Result }, TaskFailed>
}>()("agents-nats/Colleagues") {
  static readonly layer = Layer.effect(
    Colleagues,
    Effect.gen(function*() {
      const { agent, requestAction } = yield* AgentReporter
      const { subscribe } = yield* EventBus
      const { take } = yield* subscribe("action-results", agent)
      const awaited = new Map<string, Deferred.Deferred<Result>>()

      const listen = Effect.gen(function*() {
        for (const delivery of yield* take({ count: 100, bytes: 1_000_000 })) {
          const result = Option.getOrUndefined(decodeTaskEvent(delivery))
          const waiting = awaited.get(result?.correlation_id ?? "")
          if (result?.topic === "action-results" && waiting !== undefined) {
            Deferred.doneUnsafe(waiting, Effect.succeed(result))
          }
          yield* delivery.acknowledge
        }
      })
      yield* Effect.forkScoped(Effect.forever(listen))

      const ask = Effect.fnUntraced(
        function*<I extends object, A>({ answer, input, of, taskId, type }: Question<I, A>) {
          const waiting = Deferred.makeUnsafe<Result>()
          awaited.set(taskId, waiting)
          const failed = (message: string) => new TaskFailed({ taskId, message })
          yield* requestAction(type, { ...input, assigned_to: of }, { taskId })
          const event = yield* Deferred.await(waiting).pipe(
            Effect.timeoutOrElse({
              duration: patience,
              orElse: () => Effect.fail(failed(`${of} did not answer within ${patience}`))
            }),
            Effect.ensuring(Effect.sync(() => awaited.delete(taskId)))
          )
          if (event.data.success === false) return yield* failed(String(event.data.error))
          const decoded = yield* Effect.mapError(
            Schema.decodeUnknownEffect(answer)(event.data.result),
            ({ message }) => failed(message)
          )
          return { answer: decoded, event }
        }
      )
      return { ask }
    })
  )
}
