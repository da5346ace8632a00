import { Effect } from "effect"
import type { DebounceDefinition } from "../Debounce.ts"
import type { JobsError } from "../errors.ts"
import { instanceIdFor } from "../JobRequest.ts"
import type { DebounceAction, DebounceAnswers, DebounceRequest } from "../requests/debounce.ts"
import type { StorableSchema } from "../Storable.ts"
import type { Changing, OfInstance } from "./callArguments.ts"
import { decodedState } from "./decodedState.ts"
import { changing, changingAnother, fromInside } from "./fromInside.ts"

/** The calls on one definition's instances, by a name known only to the registry at run time. */
export interface UntypedDebounceClient {
  readonly add: (args: Changing & { readonly event: unknown }) => Effect.Effect<DebounceAnswers["add"], JobsError>
  readonly flush: (args: Changing) => Effect.Effect<DebounceAnswers["flush"], JobsError>
  readonly clear: (args: Changing) => Effect.Effect<DebounceAnswers["clear"], JobsError>
  readonly terminate: (
    args: Changing & { readonly reason?: string }
  ) => Effect.Effect<DebounceAnswers["terminate"], JobsError>
  readonly status: (args: OfInstance) => Effect.Effect<DebounceAnswers["status"], JobsError>
  readonly getState: (args: OfInstance) => Effect.Effect<DebounceAnswers["getState"], JobsError>
  readonly retry: (args: Changing) => Effect.Effect<DebounceAnswers["retry"], JobsError>
  readonly discard: (args: Changing) => Effect.Effect<DebounceAnswers["discard"], JobsError>
}

/** The calls with a definition's types. Instants are epoch milliseconds, null if there is none. */
export interface DebounceClient<out Ev extends StorableSchema, out S extends StorableSchema>
  extends Omit<UntypedDebounceClient, "add" | "getState">
{
  /**
   * Adds an event to the buffer; the first one starts an instance. If the buffer is then full, runs the flush and waits
   * for it. While a flush runs or waits for its retry, the event goes to the next buffer.
   */
  add(args: Changing & { readonly event: Ev["Encoded"] }): ReturnType<UntypedDebounceClient["add"]>
  /** The last committed state of the buffer. */
  readonly getState: (args: OfInstance) => Effect.Effect<{ readonly state: S["Type"] | null }, JobsError>
}

export type DebounceDispatch = <A extends DebounceAction>(
  request: DebounceRequest<A>
) => Effect.Effect<DebounceAnswers[A], JobsError>

export const untypedDebounceClient = (dispatch: DebounceDispatch, name: string): UntypedDebounceClient => {
  const target = { type: "debounce", name } as const
  const another = (action: "flush" | "clear" | "retry" | "discard", id: string) => ({
    instanceId: instanceIdFor({ ...target, id }),
    action
  })
  return {
    add: (args) => changing((by) => dispatch({ ...target, action: "add", ...args, ...by })),
    flush: (args) =>
      changingAnother(another("flush", args.id), (by) => dispatch({ ...target, action: "flush", ...args, ...by })),
    clear: (args) =>
      changingAnother(another("clear", args.id), (by) => dispatch({ ...target, action: "clear", ...args, ...by })),
    terminate: (args) => changing((by) => dispatch({ ...target, action: "terminate", ...args, ...by })),
    status: (args) => fromInside(dispatch({ ...target, action: "status", ...args })),
    getState: (args) => fromInside(dispatch({ ...target, action: "getState", ...args })),
    retry: (args) =>
      changingAnother(another("retry", args.id), (by) => dispatch({ ...target, action: "retry", ...args, ...by })),
    discard: (args) =>
      changingAnother(
        another("discard", args.id),
        (by) => dispatch({ ...target, action: "discard", ...args, ...by })
      )
  }
}

export const debounceClient = (
  untyped: UntypedDebounceClient,
  name: string,
  definition: DebounceDefinition<StorableSchema, StorableSchema, unknown> | undefined
): DebounceClient<StorableSchema, StorableSchema> => ({
  ...untyped,
  getState: ({ id }) =>
    Effect.flatMap(
      untyped.getState({ id }),
      (answer) => decodedState(instanceIdFor({ type: "debounce", name, id }), definition?.decode, answer)
    )
})
