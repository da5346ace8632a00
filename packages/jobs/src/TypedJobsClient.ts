import { Effect } from "effect"
import { type ContinuousClient, continuousClient } from "./clients/continuousClient.ts"
import { type DebounceClient, debounceClient } from "./clients/debounceClient.ts"
import { type TaskClient, taskClient } from "./clients/taskClient.ts"
import { type WorkerPoolClient, workerPoolClient } from "./clients/workerPoolClient.ts"
import type { ContinuousDefinition } from "./Continuous.ts"
import type { DebounceDefinition } from "./Debounce.ts"
import { type AnyDefinitions, definitionOf, type JobRegistry, type NamesOf } from "./JobRegistry.ts"
import { JobsClient, type JobsClientService } from "./JobsClient.ts"
import type { TaskDefinition } from "./Task.ts"
import type { WorkerPoolDefinition } from "./WorkerPool.ts"

export type ContinuousClientOf<D> = D extends ContinuousDefinition<infer S, infer _R> ? ContinuousClient<S> : never
export type DebounceClientOf<D> = D extends DebounceDefinition<infer Ev, infer S, infer _R> ? DebounceClient<Ev, S>
  : never
export type TaskClientOf<D> = D extends TaskDefinition<infer S, infer Ev, infer _R> ? TaskClient<S, Ev> : never
export type WorkerPoolClientOf<D> = D extends WorkerPoolDefinition<infer S, infer _R> ? WorkerPoolClient<S> : never

/** The client of a registry, with its names and types. */
export interface TypedJobsClient<Defs extends AnyDefinitions> {
  readonly continuous: <N extends NamesOf<Defs, "Continuous">>(name: N) => ContinuousClientOf<Defs[N]>
  readonly debounce: <N extends NamesOf<Defs, "Debounce">>(name: N) => DebounceClientOf<Defs[N]>
  readonly task: <N extends NamesOf<Defs, "Task">>(name: N) => TaskClientOf<Defs[N]>
  readonly workerPool: <N extends NamesOf<Defs, "WorkerPool">>(name: N) => WorkerPoolClientOf<Defs[N]>
}

// Only the signature knows the types of the individual definitions.
export function typedJobsClient<Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>,
  client: JobsClientService
): TypedJobsClient<Defs>
export function typedJobsClient(registry: JobRegistry, client: JobsClientService): TypedJobsClient<AnyDefinitions> {
  return {
    continuous: (name) => continuousClient(client.continuous(name), name, definitionOf(registry, name, "Continuous")),
    debounce: (name) => debounceClient(client.debounce(name), name, definitionOf(registry, name, "Debounce")),
    task: (name) => taskClient(client.task(name), name, definitionOf(registry, name, "Task")),
    workerPool: (name) => workerPoolClient(client.workerPool(name), definitionOf(registry, name, "WorkerPool"))
  }
}

/** `JobsClient` with the names and types of a registry. */
export const jobsClient = <Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>
): Effect.Effect<TypedJobsClient<Defs>, never, JobsClient> =>
  Effect.map(JobsClient, (client) => typedJobsClient(registry, client))
