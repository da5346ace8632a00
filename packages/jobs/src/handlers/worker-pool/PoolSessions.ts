import { Context, Effect, Layer } from "effect"
import { Instances } from "../../engine/Instances.ts"
import { JobMetrics } from "../../engine/JobMetrics.ts"
import { logAnnotations } from "../../engine/logAnnotations.ts"
import { isEmpty } from "../../engine/PoolRecord.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { JobsError } from "../../errors.ts"
import { JobExecutionService } from "../../services/JobExecutionService.ts"
import type { Followers } from "./Followers.ts"
import type { Change, PostOptions } from "./mailbox.ts"
import { PoolAttempts } from "./PoolAttempts.ts"
import { PoolRows } from "./PoolRows.ts"
import { makePoolSession, type PoolSession } from "./PoolSession.ts"
import { PoolSteps } from "./PoolSteps.ts"
import { type Shard, shardIdOf, shardsOf } from "./Shard.ts"

/** The sessions of shards with work in hand. */
export class PoolSessions extends Context.Service<PoolSessions, {
  /** Queues a change for the shard's next step; answered after its commit. Opens the session if there is none. */
  readonly submit: <A>(shard: Shard, change: Change<A>, options?: PostOptions<A>) => Effect.Effect<A, JobsError>
}>()("@durable-effect/jobs/PoolSessions") {
  static readonly layer = Layer.effect(
    PoolSessions,
    Effect.gen(function*() {
      const store = yield* StepStore
      const parts = {
        instances: yield* Instances,
        steps: yield* PoolSteps,
        executions: yield* JobExecutionService,
        rows: yield* PoolRows,
        attempts: yield* PoolAttempts,
        metrics: yield* JobMetrics,
        runFork: Effect.runForkWith(yield* Effect.context())
      }
      const sessions = new Map<string, PoolSession>()
      /** Pools that have had work since they were last empty. */
      const stirred = new Set<string>()

      const isAllEmpty = ({ definition, name }: Shard) =>
        Effect.map(
          Effect.forEach(shardsOf(name, definition), ({ index }) => store.read(shardIdOf(name, index))),
          (records) => records.every((record) => record?.pool === undefined || isEmpty(record.pool))
        )

      const onCommit = (shard: Shard) => (isNowEmpty: boolean, followers: Followers) => {
        const { definition: { onEmpty }, name } = shard
        if (onEmpty === undefined) return
        if (!isNowEmpty) return void stirred.add(name)
        if (!stirred.has(name)) return
        const ifAllEmpty = Effect.flatMap(
          isAllEmpty(shard),
          // Two shards may notice it at once; only one reports it.
          (empty) => empty && stirred.delete(name) ? onEmpty : Effect.void
        )
        followers.follow("onEmpty", logAnnotations(shardIdOf(name, shard.index), undefined), ifAllEmpty)
      }

      const open = (instanceId: string, shard: Shard): PoolSession => {
        const session = makePoolSession(parts, {
          instanceId,
          jobName: shard.name,
          shard: shard.index,
          definition: shard.definition,
          onCommit: onCommit(shard),
          onClose: () => sessions.delete(instanceId)
        })
        sessions.set(instanceId, session)
        return session
      }

      return {
        submit: (shard, change, options) =>
          Effect.suspend(() => {
            const instanceId = shardIdOf(shard.name, shard.index)
            return (sessions.get(instanceId) ?? open(instanceId, shard)).submit(change, options)
          })
      }
    })
  )
}
