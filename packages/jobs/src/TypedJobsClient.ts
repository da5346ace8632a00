import { Effect } from "effect"
import type { StateSchema } from "./Continuous.ts"
import { type JobsError, StateUndecodable } from "./errors.ts"
import type { AnyDefinition, AnyDefinitions, JobRegistry } from "./JobRegistry.ts"
import { instanceIdFor } from "./JobRequest.ts"
import { JobsClient, type JobsClientService, type UntypedContinuousClient } from "./JobsClient.ts"
import { describeIssue } from "./services/schemaIssue.ts"

/** The calls on one definition's instances. Instants are epoch milliseconds, null when there is none. */
export interface ContinuousClient<out S extends StateSchema>
  extends Omit<UntypedContinuousClient, "start" | "getState">
{
  /**
   * Begins an instance with `input` as its first state and, unless the definition waits for the first tick, runs it
   * once before it answers. Changes nothing when the instance is there already.
   */
  start(
    args: { readonly id: string; readonly input: S["Encoded"] }
  ): ReturnType<UntypedContinuousClient["start"]>
  /** The last committed state. */
  readonly getState: (args: { readonly id: string }) => Effect.Effect<{ readonly state: S["Type"] | null }, JobsError>
}

/** The client of a registry: names and types are its own. */
export interface TypedJobsClient<out Defs extends AnyDefinitions> {
  readonly continuous: <N extends keyof Defs & string>(name: N) => ContinuousClient<Defs[N]["stateSchema"]>
}

const continuousClient = (
  untyped: UntypedContinuousClient,
  name: string,
  definition: AnyDefinition | undefined
): ContinuousClient<StateSchema> => ({
  ...untyped,
  getState: ({ id }) =>
    Effect.flatMap(untyped.getState({ id }), ({ found, state }) =>
      !found || definition === undefined
        ? Effect.succeed({ state: null })
        : definition.decode(state).pipe(
          Effect.map((decoded) => ({ state: decoded })),
          Effect.mapError((error) => {
            const { field, problem } = describeIssue("state", error)
            const instanceId = instanceIdFor({ type: "continuous", name, id })
            return new StateUndecodable({ instanceId, problem: `${field}: ${problem}` })
          })
        ))
})

export const typedJobsClient = <Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>,
  client: JobsClientService
): TypedJobsClient<Defs> => ({
  continuous: <N extends keyof Defs & string>(name: N): ContinuousClient<Defs[N]["stateSchema"]> =>
    continuousClient(client.continuous(name), name, registry.definitions[name])
})

/** `JobsClient` with the names and types of a registry. */
export const jobsClient = <Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>
): Effect.Effect<TypedJobsClient<Defs>, never, JobsClient> =>
  Effect.map(JobsClient, (client) => typedJobsClient(registry, client))
