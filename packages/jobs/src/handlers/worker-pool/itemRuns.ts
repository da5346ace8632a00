import { Cause, Effect, type Fiber } from "effect"
import { instanceIdOf, type InstanceRecord } from "../../engine/InstanceRecord.ts"
import { Interrupter, type Interruption } from "../../engine/Interrupter.ts"
import { HostUnavailable, type JobsError } from "../../errors.ts"
import type { JobExecutionService } from "../../services/JobExecutionService.ts"
import type { StorableSchema } from "../../Storable.ts"
import type { WorkerPoolDefinition } from "../../WorkerPool.ts"
import { attemptOf, isTooLate, type ItemAttempt } from "./decide.ts"
import type { Followers } from "./Followers.ts"
import { itemAnnotations } from "./itemEvents.ts"
import type { Change, PostOptions } from "./mailbox.ts"
import type { Conclusion, PoolAttempts } from "./PoolAttempts.ts"
import { type Item, keys } from "./rows.ts"

export type Definition = WorkerPoolDefinition<StorableSchema, never>

/** An item whose code is running. */
interface Run {
  readonly attempt: ItemAttempt
  readonly interruption: Interrupter
  /** Set once the start is committed. */
  begun: { readonly startedEventId: string | undefined } | undefined
}

export interface ItemRunsOptions {
  readonly executions: JobExecutionService["Service"]
  readonly attempts: PoolAttempts["Service"]
  readonly definition: Definition
  readonly runFork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Queues a change for the next step; answered after its commit. */
  readonly submit: <A>(change: Change<A>, options: PostOptions<A>) => Effect.Effect<A, JobsError>
  /** Takes what is to run after a commit. */
  readonly followers: Followers
  /** Called when the outcome of an item is lost: it has to run again. */
  readonly onLost: () => void
  /** Called when an item has ended. */
  readonly onEnd: () => void
}

/** The running items of a shard. */
export interface ItemRuns {
  readonly has: (itemId: string) => boolean
  readonly size: () => number
  /** Number of running items that are still queued as far as the storage knows. */
  readonly uncommitted: () => number
  readonly start: (item: Item, record: InstanceRecord, now: number) => void
  readonly interrupt: (by: Interruption) => void
  /** Called when a record was loaded or committed: its run count is the minimum for the next run. */
  readonly countFrom: (record: InstanceRecord | undefined) => void
}

const cannotBegin = (instanceId: string) => (error: JobsError): Effect.Effect<never, HostUnavailable> =>
  Effect.fail(
    error._tag === "HostUnavailable"
      ? error
      : new HostUnavailable({ host: "runtime", problem: `${instanceId} took no begin: ${error.message}` })
  )

export const makeItemRuns = (options: ItemRunsOptions): ItemRuns => {
  const { attempts, definition, executions, followers, runFork, submit } = options
  const running = new Map<string, Run>()
  let incarnationId: string | undefined
  let runCount = 0

  /** Right after the commit, so that the next item gets its turn without delay. */
  const onConcluded = (attempt: ItemAttempt, record: InstanceRecord) => (deadLetter: Conclusion) => {
    running.delete(attempt.item.itemId)
    if (deadLetter === undefined || definition.onDeadLetter === undefined) return
    followers.follow(
      "onDeadLetter",
      itemAnnotations(record, attempt),
      definition.onDeadLetter(deadLetter.event, deadLetter.error)
    )
  }

  const conclude = Effect.fnUntraced(function*(run: Run, record: InstanceRecord, instanceId: string) {
    const { attempt, interruption } = run
    const { executionId, event, itemId, partitionKey } = attempt.item
    const onCommitted = onConcluded(attempt, record)
    if (isTooLate(attempt, definition.retry)) {
      return void (yield* submit((step) => attempts.giveUp(step, attempt), { onCommitted }))
    }
    const begin = Effect.suspend(() =>
      submit((step) => attempts.begin(step, attempt), {
        reads: [keys.item(itemId)],
        onCommitted: (startedEventId) => {
          run.begun = { startedEventId }
        }
      })
    )
    const outcome = yield* executions.attempt({
      step: { gate: undefined, letVisitorsIn: () => undefined, interruption },
      cell: {
        run: (job) => definition.run(event, { ...job, itemId, partitionKey }),
        encode: () => Effect.succeed(null)
      },
      facts: {
        instanceId,
        id: record.id,
        jobName: record.jobName,
        incarnationId: record.incarnationId,
        executionId,
        attempt: attempt.attempt,
        isRetry: attempt.attempt > 1,
        runCount: attempt.runCount
      },
      record,
      plan: { trigger: "item", handler: "execute", recovered: attempt.isRecovered },
      timeoutMs: definition.retry?.timeoutMs,
      takesVisits: false,
      commitBegin: begin.pipe(Effect.asVoid, Effect.catch(cannotBegin(instanceId)))
    })
    // When interrupted, nothing is stored: the attempt runs again as if the process had died, or is gone with its pool.
    if (outcome._tag === "Interrupted") return
    const { retry } = definition
    yield* submit((step) => attempts.conclude(step, attempt, { outcome, begun: run.begun, retry }), { onCommitted })
  })

  return {
    has: (itemId) => running.has(itemId),
    size: () => running.size,
    uncommitted: () => {
      let count = 0
      for (const { attempt, begun } of running.values()) if (begun === undefined && !attempt.isRecovered) count += 1
      return count
    },
    start: (item, record, now) => {
      const instanceId = instanceIdOf(record)
      const attempt = attemptOf(item, { now, runCount: runCount + 1 })
      runCount = Math.max(runCount, attempt.runCount)
      const run: Run = { attempt, interruption: new Interrupter(), begun: undefined }
      running.set(item.itemId, run)
      runFork(
        conclude(run, record, instanceId).pipe(
          Effect.catchCause((cause) => {
            options.onLost()
            return Cause.hasInterruptsOnly(cause)
              ? Effect.void
              : Effect.logError("An item's outcome could not be stored. It runs again", cause)
          }),
          Effect.annotateLogs(itemAnnotations(record, attempt)),
          Effect.ensuring(Effect.sync(() => {
            if (running.get(item.itemId) === run) running.delete(item.itemId)
            options.onEnd()
          }))
        )
      )
    },
    interrupt: (by) => {
      for (const { interruption } of running.values()) interruption.interrupt(by)
    },
    countFrom: (record) => {
      if (record?.incarnationId !== incarnationId) runCount = 0
      incarnationId = record?.incarnationId
      runCount = Math.max(runCount, record?.runCount ?? 0)
    }
  }
}
