import { Context, Effect, Layer } from "effect"
import { StepStore } from "../../engine/StepStore.ts"
import type { JobsError } from "../../errors.ts"
import { Registry } from "../../JobRegistry.ts"
import type { Definition } from "./itemRuns.ts"
import { PoolRows } from "./PoolRows.ts"
import { shardIdOf, shardsOf } from "./Shard.ts"

/** Knows over how many shards a pool's items are distributed. */
export class PoolPlacement extends Context.Service<PoolPlacement, {
  /** The definition with the number of shards over which the pool's content was distributed, be it more or fewer. */
  readonly definitionOf: (name: string) => Effect.Effect<Definition, JobsError>
}>()("@durable-effect/jobs/PoolPlacement") {
  static readonly layer = Layer.effect(
    PoolPlacement,
    Effect.gen(function*() {
      const registry = yield* Registry
      const store = yield* StepStore
      const rows = yield* PoolRows

      /** Decided once: the assignment to shards must not change while anybody asks. */
      const placed = new Map<string, Definition>()

      /**
       * The number of shards by which this shard's content was distributed; undefined if there is none, or none that
       * can be read.
       */
      const placedBy = Effect.fnUntraced(function*(instanceId: string) {
        const record = yield* store.read(instanceId)
        return record?.pool?.shards ?? (yield* rows.shardsOfDead(instanceId))
      }, Effect.catchTag("StateUndecodable", () => Effect.undefined))

      const lookUp = Effect.fnUntraced(function*(name: string) {
        const definition = yield* registry.workerPool(name)
        const counts = yield* Effect.forEach(
          shardsOf(name, definition),
          ({ index }) => placedBy(shardIdOf(name, index))
        )
        const shards = counts.find((count) => count !== undefined) ?? definition.shards
        // Somebody may have been faster, and opened shards since.
        const known = placed.get(name)
        if (known !== undefined) return known
        const decided = { ...definition, shards }
        placed.set(name, decided)
        if (shards !== definition.shards) {
          yield* Effect.logWarning(
            `The pool goes on with ${shards} shards instead of ${definition.shards} until it is started with nothing in it`
          ).pipe(Effect.annotateLogs({ jobType: "workerPool", jobName: name }))
        }
        return decided
      })

      return {
        definitionOf: (name) => {
          const known = placed.get(name)
          return known === undefined ? lookUp(name) : Effect.succeed(known)
        }
      }
    })
  )
}
