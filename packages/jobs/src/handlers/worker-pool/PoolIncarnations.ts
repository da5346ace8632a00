import { Context, Effect, Layer } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { newPool } from "../../engine/PoolRecord.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { Trace } from "../../engine/Trace.ts"
import { InvalidInput, type ReadError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type { Mutation } from "../../requests/Target.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import { poolOf } from "./changes.ts"
import { isTerminating } from "./decide.ts"
import { type Shard, shardIdOf, shardsOf } from "./Shard.ts"

/** Who asks for an incarnation of a shard. */
export interface PoolOpening {
  readonly shard: Shard
  readonly trace: Trace | undefined
  readonly by: Mutation
}

const draining = (instanceId: string) =>
  new InvalidInput({
    target: instanceId,
    field: "name",
    problem: "the pool is being drained and takes no new items until that has ended"
  })

/** Begins incarnations of a shard. */
export class PoolIncarnations extends Context.Service<PoolIncarnations, {
  /** Prepares the shard for another item: in its incarnation, or in a new one. InvalidInput while it is drained. */
  readonly open: (step: JobStep, opening: PoolOpening) => Effect.Effect<void, InvalidInput | ReadError>
}>()("@durable-effect/jobs/PoolIncarnations") {
  static readonly layer = Layer.effect(
    PoolIncarnations,
    Effect.gen(function*() {
      const store = yield* StepStore
      const metadata = yield* MetadataService

      /** A new shard takes over whether the others are paused and draining. */
      const askSiblings = (shard: Shard) =>
        Effect.map(
          Effect.forEach(
            shardsOf(shard.name, shard.definition).filter(({ index }) => index !== shard.index),
            ({ index, name }) => store.read(shardIdOf(name, index))
          ),
          (siblings) => ({
            // Shards that a termination has yet to reach say nothing about the pool that follows it.
            paused: siblings.some((record) => record?.pool?.paused === true && !isTerminating(record)),
            draining: siblings.some((record) => record?.pool?.draining === true)
          })
        )

      return {
        open: Effect.fnUntraced(function*(step, { by: { parentIncarnationId }, shard, trace }) {
          if (step.record !== undefined) {
            if (poolOf(step.record).draining) return yield* draining(step.instanceId)
            return
          }
          const siblings = yield* askSiblings(shard)
          if (siblings.draining) return yield* draining(step.instanceId)
          yield* metadata.initialize(step, {
            jobType: "workerPool",
            jobName: shard.name,
            id: String(shard.index),
            state: null,
            trace,
            parentIncarnationId
          })
          step.record = {
            ...recordOf(step),
            pool: { ...newPool, shards: shard.definition.shards, paused: siblings.paused }
          }
          if (siblings.paused) addJobEvent(step, { type: "pool.paused" })
        })
      }
    })
  )
}
