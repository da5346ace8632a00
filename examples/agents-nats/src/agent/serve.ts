import { AgentReporter, decodeTaskEvent, EventBus, inResponseTo, taskIdOf } from "@durable-effect/bus"
import type { ActionRequest } from "@durable-effect/core"
import { Effect, Option, Schema } from "effect"

/** Something that an agent can be asked for. */
export interface Action<R> {
  readonly type: `${string}.requested`
  readonly perform: (data: unknown, taskId: string) => Effect.Effect<unknown, { readonly message: string }, R>
}

/** An action whose request holds `input`. What `perform` answers is the result. */
export const action = <I, E extends { readonly message: string }, R>(
  type: Action<R>["type"],
  input: Schema.Codec<I, unknown>,
  perform: (input: I, taskId: string) => Effect.Effect<unknown, E, R>
): Action<R> => {
  const decode = Schema.decodeUnknownEffect(input)
  return { type, perform: (data, taskId) => Effect.flatMap(decode(data), (read) => perform(read, taskId)) }
}

/** Says that it begins, works, and says how it ended. */
const workOn = Effect.fnUntraced(function*<R>({ perform, type }: Action<R>, request: typeof ActionRequest.Type) {
  const { completeAction, flush, stateChanged } = yield* AgentReporter
  const taskId = taskIdOf(request)
  const subject = type.slice(0, -"requested".length)
  yield* stateChanged(taskId, "pending", "running")
  yield* Effect.matchEffect(perform(request.data, taskId), {
    onSuccess: (result) => completeAction(`${subject}completed`, { success: true, result }),
    onFailure: ({ message }) => completeAction(`${subject}failed`, { success: false, error: message })
  })
  // Whoever is stopped from here on has said it all.
  yield* flush
})

/** Performs what this agent is asked for, one after the other, for ever. */
export const serve = Effect.fnUntraced(function*<R>(actions: ReadonlyArray<Action<R>>) {
  const { agent } = yield* AgentReporter
  const { subscribe } = yield* EventBus
  const { take } = yield* subscribe("action-requests", agent)
  const performOne = Effect.gen(function*() {
    const [delivery] = yield* take({ count: 1, bytes: 1_000_000 })
    const request = Option.getOrUndefined(decodeTaskEvent(delivery))
    if (request?.topic === "action-requests" && request.data.assigned_to === agent) {
      const asked = actions.find(({ type }) => type === request.type)
      if (asked !== undefined) yield* workOn(asked, request).pipe(inResponseTo(request))
    }
    // Only now: should this process be killed before, another one of this name gets the request.
    yield* delivery.acknowledge
  })
  return yield* Effect.forever(performOne)
}, Effect.scoped)
