import { Effect, Layer } from "effect"
import { Instances } from "../../engine/Instances.ts"
import { JobMetrics } from "../../engine/JobMetrics.ts"
import { waitingIn } from "../../engine/PoolRecord.ts"
import type { JobRegistry } from "../../JobRegistry.ts"
import { PoolPlacement } from "./PoolPlacement.ts"
import { shardIdOf, shardsOf } from "./Shard.ts"

/**
 * Reports once, in the background, how many items are queued in each pool at startup: a pool that is paused, or waits
 * for a retry, would otherwise not be reported until somebody calls. This opens every shard of every pool once, used or
 * not, one after the other.
 */
export const tellPoolDepths = ({ definitions }: JobRegistry) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const instances = yield* Instances
    const metrics = yield* JobMetrics
    const placement = yield* PoolPlacement

    /** In a step, so that it comes before or after what others report about the shard, but not late. */
    const tellShard = (jobName: string, index: number) =>
      instances.step(shardIdOf(jobName, index), ({ instanceId, record }) =>
        Effect.sync(() => {
          if (record?.pool !== undefined) {
            metrics.queueIs({ jobType: "workerPool", jobName }, instanceId, waitingIn(record.pool))
          }
        }))

    const tellPool = (jobName: string) =>
      Effect.flatMap(
        placement.definitionOf(jobName),
        (definition) =>
          // What cannot be read now is reported by whoever needs it.
          Effect.forEach(shardsOf(jobName, definition), ({ index }) => Effect.ignore(tellShard(jobName, index)))
      )

    const pools = Object.keys(definitions).filter((name) => definitions[name]?._tag === "WorkerPool")
    yield* Effect.forkScoped(Effect.forEach(pools, (name) => Effect.ignore(tellPool(name)), { discard: true }))
  }))
