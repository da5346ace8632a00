import { Effect, type Schema } from "effect"
import type { StateUndecodable } from "../errors.ts"
import { stateUndecodable } from "../services/schemaIssue.ts"

/** The answer to `getState` with the state decoded; null if there is no instance. */
export const decodedState = <A>(
  instanceId: string,
  decode: ((stored: unknown) => Effect.Effect<A, Schema.SchemaError>) | undefined,
  { found, state }: { readonly found: boolean; readonly state: Schema.Json | null }
): Effect.Effect<{ readonly state: A | null }, StateUndecodable> =>
  !found || decode === undefined
    ? Effect.succeed({ state: null })
    : decode(state).pipe(
      Effect.map((decoded) => ({ state: decoded })),
      Effect.mapError((error) => stateUndecodable(instanceId, error))
    )
