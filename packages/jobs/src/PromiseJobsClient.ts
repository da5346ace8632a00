import { Effect } from "effect"
import type { AnyDefinitions, JobRegistry } from "./JobRegistry.ts"
import { JobsClient } from "./JobsClient.ts"
import { type ContinuousClient, typedJobsClient } from "./TypedJobsClient.ts"

/** The same calls as promises. A promise rejects with the typed error itself. */
export type Promised<Client> = {
  readonly [Call in keyof Client]: Client[Call] extends
    (args: infer Args) => Effect.Effect<infer Answer, infer _Error> ? (args: Args) => Promise<Answer>
    : never
}

export interface PromiseJobsClient<out Defs extends AnyDefinitions> {
  readonly continuous: <N extends keyof Defs & string>(name: N) => Promised<ContinuousClient<Defs[N]["stateSchema"]>>
}

export const makePromiseClient = <Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>,
  run: <A, E>(effect: Effect.Effect<A, E, JobsClient>) => Promise<A>
): PromiseJobsClient<Defs> => ({
  continuous: <N extends keyof Defs & string>(name: N) => {
    const call = <A, E>(f: (client: ContinuousClient<Defs[N]["stateSchema"]>) => Effect.Effect<A, E>): Promise<A> =>
      run(Effect.flatMap(JobsClient, (client) => f(typedJobsClient(registry, client).continuous(name))))
    return {
      start: (args) => call((client) => client.start(args)),
      trigger: (args) => call((client) => client.trigger(args)),
      terminate: (args) => call((client) => client.terminate(args)),
      status: (args) => call((client) => client.status(args)),
      getState: (args) => call((client) => client.getState(args)),
      retry: (args) => call((client) => client.retry(args)),
      discard: (args) => call((client) => client.discard(args))
    }
  }
})
