import { Effect } from "effect"
import { type ContinuousClient, continuousClient } from "./clients/continuousClient.ts"
import type { ContinuousDefinition } from "./Continuous.ts"
import type { AnyDefinitions, JobRegistry, NamesOf } from "./JobRegistry.ts"
import { JobsClient, type JobsClientService } from "./JobsClient.ts"

export type ContinuousClientOf<D> = D extends ContinuousDefinition<infer S, infer _R> ? ContinuousClient<S> : never

/** The client of a registry: names and types are its own. */
export interface TypedJobsClient<Defs extends AnyDefinitions> {
  readonly continuous: <N extends NamesOf<Defs, "Continuous">>(name: N) => ContinuousClientOf<Defs[N]>
}

// What the types of single definitions are is known to the signature alone.
export function typedJobsClient<Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>,
  client: JobsClientService
): TypedJobsClient<Defs>
export function typedJobsClient(registry: JobRegistry, client: JobsClientService): TypedJobsClient<AnyDefinitions> {
  return {
    continuous: (name) => continuousClient(client.continuous(name), name, registry.definitions[name])
  }
}

/** `JobsClient` with the names and types of a registry. */
export const jobsClient = <Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>
): Effect.Effect<TypedJobsClient<Defs>, never, JobsClient> =>
  Effect.map(JobsClient, (client) => typedJobsClient(registry, client))
