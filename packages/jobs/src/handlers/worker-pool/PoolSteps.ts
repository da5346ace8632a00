import { Context, Effect, Layer } from "effect"
import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import type { JobsError } from "../../errors.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
import { alter } from "./changes.ts"
import { isTerminating } from "./decide.ts"
import { terminationAmong, terminationOf } from "./EndWaiters.ts"
import type { ItemRuns } from "./itemRuns.ts"
import type { Post } from "./mailbox.ts"
import { PoolEnds } from "./PoolEnds.ts"
import { PoolRetries } from "./PoolRetries.ts"
import { PoolRows } from "./PoolRows.ts"

export interface PoolStep {
  /** Changes to be applied. */
  readonly posts: ReadonlyArray<Post>
  /** Changes applied in earlier steps, whose answers wait for the end of the incarnation. */
  readonly waiting: ReadonlyArray<Post>
  readonly runs: ItemRuns
}

/**
 * Runs the steps of shards; they return the record as committed. An incarnation ends in a step of its own, since that
 * takes several commits: if a later one fails, no change is rejected that an earlier one has stored.
 */
export class PoolSteps extends Context.Service<PoolSteps, {
  /** Applies the changes and, if a termination is waited for and no item runs, marks it as begun; in one commit. */
  readonly apply: (instanceId: string, what: PoolStep) => Effect.Effect<InstanceRecord | undefined, JobsError>
  /** Ends an incarnation that is terminating or drained, and answers those who wait for that. */
  readonly end: (
    instanceId: string,
    what: Pick<PoolStep, "waiting" | "runs">
  ) => Effect.Effect<InstanceRecord | undefined, JobsError>
}>()("@durable-effect/jobs/PoolSteps") {
  static readonly layer = Layer.effect(
    PoolSteps,
    Effect.gen(function*() {
      const steps = yield* InstanceSteps
      const rows = yield* PoolRows
      const retries = yield* PoolRetries
      const ends = yield* PoolEnds

      const apply = Effect.fnUntraced(function*(step: JobStep, { posts, runs, waiting }: PoolStep) {
        yield* rows.readAhead(step, posts.flatMap(({ reads }) => reads))
        yield* retries.wakeDue(step)
        let termination = terminationAmong(waiting)
        const isEnding = () => isTerminating(step.record) || termination !== undefined
        for (const post of posts) {
          yield* post.apply(step, { ended: undefined, isEnding, isTaken: runs.has })
          termination ??= terminationOf(post)
        }
        if (termination !== undefined && runs.size() === 0 && step.record?.pool?.terminating === null) {
          const { reason } = termination
          alter(step, { terminating: reason === undefined ? {} : { reason } })
        }
      })

      const end = Effect.fnUntraced(function*(step: JobStep, { runs, waiting }: Pick<PoolStep, "waiting" | "runs">) {
        const { record } = step
        const isDrain = record !== undefined && !isTerminating(record)
        const asking = isDrain ? waiting.filter((post) => post.waitsFor()?.of === "drain") : waiting
        if (record !== undefined) yield* isDrain ? ends.drain(step) : ends.purge(step)
        const ended = record?.pool === undefined ? undefined : { processed: record.pool.processed }
        for (const post of asking) yield* post.apply(step, { ended, isEnding: () => false, isTaken: runs.has })
      })

      const run = (instanceId: string, body: (step: JobStep) => Effect.Effect<void, JobsError>) =>
        steps.run(instanceId, (step) => Effect.map(ends.orQuarantine(step, body(step)), () => step.record), {
          turn: "attend"
        }).pipe(Effect.annotateLogs({ instanceId }))

      return {
        apply: (instanceId, what) => run(instanceId, (step) => apply(step, what)),
        end: (instanceId, what) => run(instanceId, (step) => end(step, what))
      }
    })
  )
}
