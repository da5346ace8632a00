import { Effect } from "effect"
import type { ContinuousDefinition } from "../Continuous.ts"
import type { JobsError } from "../errors.ts"
import { instanceIdFor } from "../JobRequest.ts"
import type { ContinuousAction, ContinuousAnswers, ContinuousRequest } from "../requests/continuous.ts"
import type { StorableSchema } from "../Storable.ts"
import type { Changing, OfInstance } from "./callArguments.ts"
import { decodedState } from "./decodedState.ts"
import { changing, changingAnother, fromInside } from "./fromInside.ts"

/** The calls on one definition's instances, by a name known only to the registry at run time. */
export interface UntypedContinuousClient {
  readonly start: (
    args: Changing & { readonly input: unknown }
  ) => Effect.Effect<ContinuousAnswers["start"], JobsError>
  readonly trigger: (args: Changing) => Effect.Effect<ContinuousAnswers["trigger"], JobsError>
  readonly terminate: (
    args: Changing & { readonly reason?: string }
  ) => Effect.Effect<ContinuousAnswers["terminate"], JobsError>
  readonly status: (args: OfInstance) => Effect.Effect<ContinuousAnswers["status"], JobsError>
  readonly getState: (args: OfInstance) => Effect.Effect<ContinuousAnswers["getState"], JobsError>
  readonly retry: (args: Changing) => Effect.Effect<ContinuousAnswers["retry"], JobsError>
  readonly discard: (args: Changing) => Effect.Effect<ContinuousAnswers["discard"], JobsError>
}

/** The calls with a definition's types. Instants are epoch milliseconds, null if there is none. */
export interface ContinuousClient<out S extends StorableSchema>
  extends Omit<UntypedContinuousClient, "start" | "getState">
{
  /**
   * Starts an instance with `input` as its first state and, unless the definition waits for the first tick, runs it
   * once before returning. Changes nothing if the instance already exists.
   */
  start(args: Changing & { readonly input: S["Encoded"] }): ReturnType<UntypedContinuousClient["start"]>
  /** The last committed state. */
  readonly getState: (args: OfInstance) => Effect.Effect<{ readonly state: S["Type"] | null }, JobsError>
}

export type ContinuousDispatch = <A extends ContinuousAction>(
  request: ContinuousRequest<A>
) => Effect.Effect<ContinuousAnswers[A], JobsError>

export const untypedContinuousClient = (dispatch: ContinuousDispatch, name: string): UntypedContinuousClient => {
  const target = { type: "continuous", name } as const
  const another = (action: "trigger" | "retry" | "discard", id: string) => ({
    instanceId: instanceIdFor({ ...target, id }),
    action
  })
  return {
    start: (args) => changing((by) => dispatch({ ...target, action: "start", ...args, ...by })),
    trigger: (args) =>
      changingAnother(
        another("trigger", args.id),
        (by) => dispatch({ ...target, action: "trigger", ...args, ...by })
      ),
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

export const continuousClient = (
  untyped: UntypedContinuousClient,
  name: string,
  definition: ContinuousDefinition<StorableSchema, unknown> | undefined
): ContinuousClient<StorableSchema> => ({
  ...untyped,
  getState: ({ id }) =>
    Effect.flatMap(
      untyped.getState({ id }),
      (answer) => decodedState(instanceIdFor({ type: "continuous", name, id }), definition?.decode, answer)
    )
})
