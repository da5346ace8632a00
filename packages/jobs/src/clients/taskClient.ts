import { Effect } from "effect"
import type { JobsError } from "../errors.ts"
import { instanceIdFor } from "../JobRequest.ts"
import type { TaskAction, TaskAnswers, TaskRequest } from "../requests/task.ts"
import type { StorableSchema } from "../Storable.ts"
import type { TaskDefinition } from "../Task.ts"
import type { Changing, OfInstance } from "./callArguments.ts"
import { decodedState } from "./decodedState.ts"
import { changing, changingAnother, fromInside } from "./fromInside.ts"

/** The calls on one definition's instances, by a name known only to the registry at run time. */
export interface UntypedTaskClient {
  readonly send: (args: Changing & { readonly event: unknown }) => Effect.Effect<TaskAnswers["send"], JobsError>
  /** Runs `execute` now, or the pending retry. What is scheduled stays. */
  readonly trigger: (args: Changing) => Effect.Effect<TaskAnswers["trigger"], JobsError>
  readonly terminate: (
    args: Changing & { readonly reason?: string }
  ) => Effect.Effect<TaskAnswers["terminate"], JobsError>
  readonly status: (args: OfInstance) => Effect.Effect<TaskAnswers["status"], JobsError>
  readonly getState: (args: OfInstance) => Effect.Effect<TaskAnswers["getState"], JobsError>
  readonly retry: (args: Changing) => Effect.Effect<TaskAnswers["retry"], JobsError>
  readonly discard: (args: Changing) => Effect.Effect<TaskAnswers["discard"], JobsError>
}

/** The calls with a definition's types. Instants are epoch milliseconds, null if there is none. */
export interface TaskClient<out S extends StorableSchema, out Ev extends StorableSchema>
  extends Omit<UntypedTaskClient, "send" | "getState">
{
  /**
   * Has `onEvent` handle an event, and starts the instance with it if there is none. Returns once the handler has
   * ended; an event that arrives while a retry is pending is kept until that is over, and answered at once.
   */
  send(args: Changing & { readonly event: Ev["Encoded"] }): ReturnType<UntypedTaskClient["send"]>
  /** The last committed state; null also before the first `setState`. */
  readonly getState: (args: OfInstance) => Effect.Effect<{ readonly state: S["Type"] | null }, JobsError>
}

export type TaskDispatch = <A extends TaskAction>(
  request: TaskRequest<A>
) => Effect.Effect<TaskAnswers[A], JobsError>

export const untypedTaskClient = (dispatch: TaskDispatch, name: string): UntypedTaskClient => {
  const target = { type: "task", name } as const
  const another = (action: "send" | "trigger" | "retry" | "discard", id: string) => ({
    instanceId: instanceIdFor({ ...target, id }),
    action
  })
  return {
    send: (args) =>
      changingAnother(another("send", args.id), (by) => dispatch({ ...target, action: "send", ...args, ...by })),
    trigger: (args) =>
      changingAnother(another("trigger", args.id), (by) => dispatch({ ...target, action: "trigger", ...args, ...by })),
    terminate: (args) => changing((by) => dispatch({ ...target, action: "terminate", ...args, ...by })),
    status: (args) => fromInside(dispatch({ ...target, action: "status", ...args })),
    getState: (args) => fromInside(dispatch({ ...target, action: "getState", ...args })),
    retry: (args) =>
      changingAnother(another("retry", args.id), (by) => dispatch({ ...target, action: "retry", ...args, ...by })),
    discard: (args) =>
      changingAnother(another("discard", args.id), (by) => dispatch({ ...target, action: "discard", ...args, ...by }))
  }
}

export const taskClient = (
  untyped: UntypedTaskClient,
  name: string,
  definition: TaskDefinition<StorableSchema, StorableSchema, unknown> | undefined
): TaskClient<StorableSchema, StorableSchema> => ({
  ...untyped,
  getState: ({ id }) =>
    Effect.flatMap(
      untyped.getState({ id }),
      (answer) => decodedState(instanceIdFor({ type: "task", name, id }), definition?.decode, answer)
    )
})
