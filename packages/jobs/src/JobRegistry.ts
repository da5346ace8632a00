import { Context, Effect, Layer } from "effect"
import type { ContinuousDefinition } from "./Continuous.ts"
import type { DebounceDefinition } from "./Debounce.ts"
import type { DispatchLink } from "./engine/DispatchLink.ts"
import { JobNotFound } from "./errors.ts"
import { type RuntimeServices, runtimeServices } from "./services/runtimeServices.ts"
import type { StorableSchema } from "./Storable.ts"
import { supplyFrom } from "./supplyFrom.ts"
import type { TaskDefinition } from "./Task.ts"
import type { WorkerPoolDefinition } from "./WorkerPool.ts"

/** Any definition of one kind, whatever its state, that requires `R`. */
export interface DefinitionsByTag<R> {
  readonly Continuous: ContinuousDefinition<StorableSchema, R>
  readonly Debounce: DebounceDefinition<StorableSchema, StorableSchema, R>
  readonly Task: TaskDefinition<StorableSchema, StorableSchema, R>
  readonly WorkerPool: WorkerPoolDefinition<StorableSchema, R>
}
type DefinitionTag = keyof DefinitionsByTag<unknown>

/** Any definition, whatever its state and requirements. */
export type AnyDefinition = DefinitionsByTag<unknown>[DefinitionTag]
export type AnyDefinitions = { readonly [name: string]: AnyDefinition }

/** Definitions by the names that clients, events and stored instances use. */
export interface JobRegistry<out Defs extends AnyDefinitions = AnyDefinitions> {
  readonly definitions: Defs
}

/** The names of the definitions of one kind. */
export type NamesOf<Defs extends AnyDefinitions, Tag extends DefinitionTag> = {
  [N in keyof Defs & string]: Defs[N] extends { readonly _tag: Tag } ? N : never
}[keyof Defs & string]

/** The definition with a name, if it is of this kind. */
export const definitionOf = <Tag extends DefinitionTag>(
  registry: JobRegistry,
  name: string,
  tag: Tag
): Extract<AnyDefinition, { readonly _tag: Tag }> | undefined => {
  const definition = registry.definitions[name]
  return definition !== undefined && isTagged(definition, tag) ? definition : undefined
}

const isTagged = <Tag extends DefinitionTag>(
  definition: AnyDefinition,
  tag: Tag
): definition is Extract<AnyDefinition, { readonly _tag: Tag }> => definition._tag === tag

/** The requirements of one definition. */
type Needs<D> = D extends ContinuousDefinition<infer _S, infer R> ? R
  : D extends DebounceDefinition<infer _Ev, infer _S, infer R> ? R
  : D extends TaskDefinition<infer _S, infer _Ev, infer R> ? R
  : D extends WorkerPoolDefinition<infer _S, infer R> ? R
  : never

/** What a registry's definitions require from the runtime's `layer`. Tracker and client are always provided. */
export type RegistryServices<Defs extends AnyDefinitions> = Exclude<
  { [N in keyof Defs]: Needs<Defs[N]> }[keyof Defs],
  RuntimeServices
>

/** Creates a registry. Throws if a name is empty or contains a colon, which separates the parts of an instance id. */
export const createJobRegistry = <const Defs extends AnyDefinitions>(definitions: Defs): JobRegistry<Defs> => {
  for (const name of Object.keys(definitions)) {
    if (name === "" || name.includes(":")) {
      throw new TypeError(`A job's name must not be empty or contain a colon: "${name}"`)
    }
  }
  return { definitions }
}

type Given = DefinitionsByTag<never>

/** The definitions with all their requirements provided. */
export class Registry extends Context.Service<Registry, {
  readonly continuous: (name: string) => Effect.Effect<Given["Continuous"], JobNotFound>
  readonly debounce: (name: string) => Effect.Effect<Given["Debounce"], JobNotFound>
  readonly task: (name: string) => Effect.Effect<Given["Task"], JobNotFound>
  readonly workerPool: (name: string) => Effect.Effect<Given["WorkerPool"], JobNotFound>
}>()("@durable-effect/jobs/Registry") {
  /** Takes the definitions' requirements from the context. */
  static readonly layer = <Defs extends AnyDefinitions>(
    registry: JobRegistry<Defs>
  ): Layer.Layer<Registry, never, RegistryServices<Defs> | DispatchLink> => registryLayer(registry)
}

/**
 * `Registry.layer` for code that composes layers without knowing the definitions, and declares their requirements
 * elsewhere.
 */
export const registryLayer = (registry: JobRegistry): Layer.Layer<Registry, never, DispatchLink> =>
  Layer.effect(
    Registry,
    Effect.gen(function*() {
      const own = yield* runtimeServices
      const supply = supplyFrom(Context.merge(yield* Effect.context(), own))
      const continuous = new Map<string, Given["Continuous"]>()
      const debounce = new Map<string, Given["Debounce"]>()
      const task = new Map<string, Given["Task"]>()
      const workerPool = new Map<string, Given["WorkerPool"]>()
      for (const [name, definition] of Object.entries(registry.definitions)) {
        switch (definition._tag) {
          case "Continuous":
            continuous.set(name, supply.continuous(definition))
            break
          case "Debounce":
            debounce.set(name, supply.debounce(definition))
            break
          case "Task":
            task.set(name, supply.task(definition))
            break
          case "WorkerPool":
            workerPool.set(name, supply.workerPool(definition))
            break
        }
      }
      return {
        continuous: lookUp("continuous", continuous),
        debounce: lookUp("debounce", debounce),
        task: lookUp("task", task),
        workerPool: lookUp("workerPool", workerPool)
      }
    })
  )

const lookUp =
  <D>(jobType: string, definitions: ReadonlyMap<string, D>) => (name: string): Effect.Effect<D, JobNotFound> => {
    const definition = definitions.get(name)
    return definition === undefined
      ? Effect.fail(new JobNotFound({ jobType, jobName: name, known: [...definitions.keys()] }))
      : Effect.succeed(definition)
  }
