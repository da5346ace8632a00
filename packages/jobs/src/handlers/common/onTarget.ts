import type { JobType } from "@durable-effect/core"
import { Effect } from "effect"
import type { InvalidInput, JobNotFound } from "../../errors.ts"
import type { Target } from "../../requests/Target.ts"
import { readTarget } from "./readTarget.ts"

/** Executes a request on one instance, once its definition and its id are known to be valid. */
export const onTarget = <D, A, E>(
  lookUp: (name: string) => Effect.Effect<D, JobNotFound>,
  target: Target<JobType>,
  act: (definition: D, instanceId: string) => Effect.Effect<A, E>
): Effect.Effect<A, E | InvalidInput | JobNotFound> =>
  Effect.flatMapEager(
    lookUp(target.name),
    (definition) => Effect.flatMapEager(readTarget(target), (instanceId) => act(definition, instanceId))
  )
