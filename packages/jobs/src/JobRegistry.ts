import type { EventTracker } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import type { ContinuousDefinition, StateSchema } from "./Continuous.ts"
import { JobNotFound } from "./errors.ts"
import type { JobsClient } from "./JobsClient.ts"

/** Any definition, whatever its state and its needs. */
export type AnyDefinition = ContinuousDefinition<StateSchema, unknown>
export type AnyDefinitions = { readonly [name: string]: AnyDefinition }

/** Definitions by the names that clients, events and stored instances use. */
export interface JobRegistry<out Defs extends AnyDefinitions = AnyDefinitions> {
  readonly definitions: Defs
}

/** What the definitions of a registry need from the runtime's `layer`. Tracker and client are always there. */
export type RegistryServices<Defs extends AnyDefinitions> = Exclude<
  { [N in keyof Defs]: Defs[N] extends ContinuousDefinition<infer _S, infer R> ? R : never }[keyof Defs],
  EventTracker | JobsClient
>

/** Throws when a name is empty or has a colon, which separates the parts of an instance's id. */
export const createJobRegistry = <const Defs extends AnyDefinitions>(definitions: Defs): JobRegistry<Defs> => {
  for (const name of Object.keys(definitions)) {
    if (name === "" || name.includes(":")) {
      throw new TypeError(`A job's name must not be empty or contain a colon: "${name}"`)
    }
  }
  return { definitions }
}

/** The definitions with all that they need already given. */
export class Registry extends Context.Service<Registry, {
  readonly continuous: (
    name: string
  ) => Effect.Effect<ContinuousDefinition<StateSchema, EventTracker | JobsClient>, JobNotFound>
}>()("@durable-effect/jobs/Registry") {
  /** Takes what the definitions need from the context. */
  static readonly layer = <Defs extends AnyDefinitions>(
    registry: JobRegistry<Defs>
  ): Layer.Layer<Registry, never, RegistryServices<Defs>> => registryLayer(registry)
}

/** The same for who composes layers without knowing the definitions, and demands what they need in other types. */
export const registryLayer = (registry: JobRegistry): Layer.Layer<Registry> =>
  Layer.effect(
    Registry,
    Effect.map(Effect.context(), (context) => {
      const everything = Context.makeUnsafe<unknown>(context.mapUnsafe)
      const given = new Map(
        Object.entries(registry.definitions).map(([name, definition]) => [name, supply(definition, everything)])
      )
      return {
        continuous: (name) => {
          const definition = given.get(name)
          return definition === undefined
            ? Effect.fail(new JobNotFound({ jobType: "continuous", jobName: name, known: [...given.keys()] }))
            : Effect.succeed(definition)
        }
      }
    })
  )

/** The needs of single definitions are unknown here; that the context holds them all, the runtime's types demanded. */
const supply = (
  definition: AnyDefinition,
  context: Context.Context<unknown>
): ContinuousDefinition<StateSchema, EventTracker | JobsClient> => ({
  ...definition,
  open: (stored) =>
    Effect.map(definition.open(stored), (cell) => ({
      ...cell,
      run: (job) => Effect.provideContext(cell.run(job), context)
    }))
})
