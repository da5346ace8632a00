import { Context, Effect, Layer } from "effect"
import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import { isEmpty } from "../../engine/PoolRecord.ts"
import type { JobsError } from "../../errors.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
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

export interface PoolStepResult {
  /** The record as committed. */
  readonly record: InstanceRecord | undefined
  /** Whether the step has terminated an incarnation. */
  readonly isTerminated: boolean
}

/** Runs the steps of shards. */
export class PoolSteps extends Context.Service<PoolSteps, {
  /** Applies the changes and, when it is time, ends the incarnation and answers who waits for that; all in one step. */
  readonly run: (instanceId: string, what: PoolStep) => Effect.Effect<PoolStepResult, JobsError>
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
        const pool = step.record?.pool
        const isTerminated = runs.size() === 0 && isEnding()
        const isDrained = pool?.draining === true && isEmpty(pool)
        if (!isTerminated && !isDrained) return { record: step.record, isTerminated }
        const asking = [...waiting, ...posts].filter((post) => {
          const wait = post.waitsFor()
          return isTerminated ? wait !== undefined : wait?.of === "drain"
        })
        if (pool !== undefined) yield* isTerminated ? ends.purge(step, termination?.reason) : ends.drain(step)
        const ended = pool === undefined ? undefined : { processed: pool.processed }
        for (const post of asking) yield* post.apply(step, { ended, isEnding: () => false, isTaken: runs.has })
        return { record: step.record, isTerminated }
      })

      return {
        run: (instanceId, what) =>
          steps.run(instanceId, (step) => ends.orQuarantine(step, apply(step, what)), { turn: "attend" })
            .pipe(Effect.annotateLogs({ instanceId }))
      }
    })
  )
}
