import { Effect } from "effect"
import type { ContinuousClient } from "./clients/continuousClient.ts"
import type { DebounceClient } from "./clients/debounceClient.ts"
import type { TaskClient } from "./clients/taskClient.ts"
import type { WorkerPoolClient } from "./clients/workerPoolClient.ts"
import type { AnyDefinitions, JobRegistry, NamesOf } from "./JobRegistry.ts"
import { JobsClient } from "./JobsClient.ts"
import type { StorableSchema } from "./Storable.ts"
import {
  type ContinuousClientOf,
  type DebounceClientOf,
  type TaskClientOf,
  type TypedJobsClient,
  typedJobsClient,
  type WorkerPoolClientOf
} from "./TypedJobsClient.ts"

/** A client's calls as promises. A promise rejects with the typed error itself. */
export type Promised<Client> = {
  readonly [Call in keyof Client]: Client[Call] extends
    (...args: infer Args) => Effect.Effect<infer Answer, infer _Error> ? (...args: Args) => Promise<Answer>
    : never
}

export interface PromiseJobsClient<Defs extends AnyDefinitions> {
  readonly continuous: <N extends NamesOf<Defs, "Continuous">>(name: N) => Promised<ContinuousClientOf<Defs[N]>>
  readonly debounce: <N extends NamesOf<Defs, "Debounce">>(name: N) => Promised<DebounceClientOf<Defs[N]>>
  readonly task: <N extends NamesOf<Defs, "Task">>(name: N) => Promised<TaskClientOf<Defs[N]>>
  readonly workerPool: <N extends NamesOf<Defs, "WorkerPool">>(name: N) => Promised<WorkerPoolClientOf<Defs[N]>>
}

type Run = <A, E>(effect: Effect.Effect<A, E, JobsClient>) => Promise<A>

// Only the signature knows the types of the individual definitions.
export function makePromiseClient<Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>,
  run: Run
): PromiseJobsClient<Defs>
export function makePromiseClient(registry: JobRegistry, run: Run): PromiseJobsClient<AnyDefinitions> {
  const caller = <Client>(of: (client: TypedJobsClient<AnyDefinitions>) => Client): Caller<Client> => {
    let known: Client | undefined
    const client = Effect.map(JobsClient, (untyped) => known ??= of(typedJobsClient(registry, untyped)))
    return (call) => run(Effect.suspend(() => known === undefined ? Effect.flatMap(client, call) : call(known)))
  }
  return {
    continuous: (name) => promisedContinuous(caller((client) => client.continuous(name))),
    debounce: (name) => promisedDebounce(caller((client) => client.debounce(name))),
    task: (name) => promisedTask(caller((client) => client.task(name))),
    workerPool: (name) => promisedWorkerPool(caller((client) => client.workerPool(name)))
  }
}

type Caller<Client> = <A, E>(call: (client: Client) => Effect.Effect<A, E>) => Promise<A>

const promisedContinuous = (
  call: Caller<ContinuousClient<StorableSchema>>
): Promised<ContinuousClient<StorableSchema>> => ({
  start: (args) => call((client) => client.start(args)),
  trigger: (args) => call((client) => client.trigger(args)),
  terminate: (args) => call((client) => client.terminate(args)),
  status: (args) => call((client) => client.status(args)),
  getState: (args) => call((client) => client.getState(args)),
  retry: (args) => call((client) => client.retry(args)),
  discard: (args) => call((client) => client.discard(args))
})

const promisedDebounce = (
  call: Caller<DebounceClient<StorableSchema, StorableSchema>>
): Promised<DebounceClient<StorableSchema, StorableSchema>> => ({
  add: (args) => call((client) => client.add(args)),
  flush: (args) => call((client) => client.flush(args)),
  clear: (args) => call((client) => client.clear(args)),
  terminate: (args) => call((client) => client.terminate(args)),
  status: (args) => call((client) => client.status(args)),
  getState: (args) => call((client) => client.getState(args)),
  retry: (args) => call((client) => client.retry(args)),
  discard: (args) => call((client) => client.discard(args))
})

const promisedTask = (
  call: Caller<TaskClient<StorableSchema, StorableSchema>>
): Promised<TaskClient<StorableSchema, StorableSchema>> => ({
  send: (args) => call((client) => client.send(args)),
  trigger: (args) => call((client) => client.trigger(args)),
  terminate: (args) => call((client) => client.terminate(args)),
  status: (args) => call((client) => client.status(args)),
  getState: (args) => call((client) => client.getState(args)),
  retry: (args) => call((client) => client.retry(args)),
  discard: (args) => call((client) => client.discard(args))
})

const promisedWorkerPool = (
  call: Caller<WorkerPoolClient<StorableSchema>>
): Promised<WorkerPoolClient<StorableSchema>> => ({
  enqueue: (args) => call((client) => client.enqueue(args)),
  pause: (args) => call((client) => client.pause(args)),
  resume: (args) => call((client) => client.resume(args)),
  drain: (args) => call((client) => client.drain(args)),
  cancel: (args) => call((client) => client.cancel(args)),
  retryItem: (args) => call((client) => client.retryItem(args)),
  discardItem: (args) => call((client) => client.discardItem(args)),
  terminate: (args) => call((client) => client.terminate(args)),
  status: () => call((client) => client.status()),
  deadLetters: (args) => call((client) => client.deadLetters(args))
})
