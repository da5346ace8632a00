import { Context, Effect, Layer, Random } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { ReadError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { nextRetry } from "../../execution/nextRetry.ts"
import type { Outcome } from "../../execution/Outcome.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import { alter, forget, leaveReady, poolIn, remove } from "./changes.ts"
import type { ItemAttempt } from "./decide.ts"
import { itemAnnotations, parent, tellBegin, tellExhausted } from "./itemEvents.ts"
import { PoolDeadLetters } from "./PoolDeadLetters.ts"
import { PoolMoves } from "./PoolMoves.ts"
import { PoolRetries } from "./PoolRetries.ts"
import { keys, type StoredDeadLetter } from "./rows.ts"

type EndOfCode = Exclude<Outcome, { readonly _tag: "Interrupted" }>

/** How user code ended. */
export interface ItemEnd {
  readonly outcome: EndOfCode
  /** Undefined if the start is not committed yet. */
  readonly begun: { readonly startedEventId: string | undefined } | undefined
  readonly retry: RetryPolicy | undefined
}

/** What an attempt has made of its item: a dead letter, or nothing that remains to be told. */
export type Conclusion = StoredDeadLetter | undefined

/** What the events of an attempt's end have in common. */
const toldOf = (attempt: ItemAttempt, { durationMs }: EndOfCode, startedEventId: string | undefined) => ({
  executionId: attempt.item.executionId,
  runCount: attempt.runCount,
  attempt: attempt.attempt,
  durationMs,
  ...parent(startedEventId)
})

/** Stores what attempts of a shard's items do: their rows, the counters and the events. The caller commits. */
export class PoolAttempts extends Context.Service<PoolAttempts, {
  /** `[retry.attempted], execution.started`. Returns the latter's id. The item runs from now on. */
  readonly begin: (step: JobStep, attempt: ItemAttempt) => Effect.Effect<string | undefined, ReadError>
  /** The consequences of user code's end, preceded by the events of `begin` unless they were stored before. */
  readonly conclude: (step: JobStep, attempt: ItemAttempt, end: ItemEnd) => Effect.Effect<Conclusion, ReadError>
  /** The pending retry would begin too late: `retry.exhausted`. */
  readonly giveUp: (step: JobStep, attempt: ItemAttempt) => Effect.Effect<Conclusion, ReadError>
}>()("@durable-effect/jobs/PoolAttempts") {
  static readonly layer = Layer.effect(
    PoolAttempts,
    Effect.gen(function*() {
      const moves = yield* PoolMoves
      const retries = yield* PoolRetries
      const deadLetters = yield* PoolDeadLetters

      const fail = Effect.fnUntraced(function*(
        step: JobStep,
        attempt: ItemAttempt,
        { error: thrown, storedError: error }: Extract<EndOfCode, { readonly _tag: "Failed" }>,
        { retry, told }: { readonly retry: RetryPolicy | undefined; readonly told: ReturnType<typeof toldOf> }
      ): Effect.fn.Return<Conclusion, ReadError> {
        const { firstAttemptAt, item } = attempt
        const now = step.clock.currentTimeMillisUnsafe()
        const random = yield* Random.next
        const next = nextRetry(retry, { attempt: attempt.attempt, firstAttemptAt, now, random })
        const willRetry = next._tag === "Retry"
        const failedEventId = addJobEvent(step, { type: "execution.failed", ...told, error, willRetry })
        const consequence = willRetry ? `Next attempt in ${next.delayMs} ms.` : "It is a dead letter."
        yield* Effect.logWarning(`Item ${item.itemId} failed: ${thrown.message}. ${consequence}`).pipe(
          Effect.annotateLogs(itemAnnotations(recordOf(step), attempt))
        )
        if (willRetry) {
          yield* retries.schedule(step, attempt, next, { error, eventId: failedEventId })
          return undefined
        }
        const attempts = attempt.attempt
        if (next._tag === "Exhausted") {
          tellExhausted(step, attempt, { reason: next.reason, attempts, error, failedEventId })
        }
        return yield* deadLetters.add(step, item, { error, attempts })
      })

      return {
        begin: Effect.fnUntraced(function*(step, attempt) {
          const { firstAttemptAt, isRecovered, item, runCount } = attempt
          const startedEventId = tellBegin(step, attempt)
          const lastError = item.begun?.lastError
          const begun = {
            runCount,
            attempt: attempt.attempt,
            firstAttemptAt,
            retryAt: null,
            ...(startedEventId === undefined ? {} : { startedEventId }),
            ...(lastError === undefined ? {} : { lastError })
          }
          if (!isRecovered) {
            leaveReady(step, item)
            alter(step, { running: poolIn(step).running + 1 })
          }
          yield* moves.moveTo(step, { ...item, begun }, keys.run(item))
          return startedEventId
        }),

        conclude: Effect.fnUntraced(
          function*(step, attempt, { begun, outcome, retry }): Effect.fn.Return<Conclusion, ReadError> {
            const { isRecovered, item } = attempt
            const startedEventId = begun === undefined ? tellBegin(step, attempt) : begun.startedEventId
            if (begun === undefined && !isRecovered) leaveReady(step, item)
            else {
              remove(step, keys.run(item))
              alter(step, { running: poolIn(step).running - 1 })
            }
            const told = toldOf(attempt, outcome, startedEventId)
            if (outcome._tag === "Failed") return yield* fail(step, attempt, outcome, { retry, told })
            const terminated = outcome._tag === "TerminatedByHandler" ? { terminated: true } : {}
            addJobEvent(step, { type: "execution.succeeded", ...told, ...terminated })
            alter(step, { processed: poolIn(step).processed + 1 })
            forget(step, item)
            yield* moves.release(step, item)
            return undefined
          }
        ),

        giveUp: (step, attempt) => {
          const { item } = attempt
          const error = item.begun?.lastError ?? { message: "unknown" }
          const attempts = attempt.attempt - 1
          leaveReady(step, item)
          tellExhausted(step, attempt, { reason: "maxDuration", attempts, error, failedEventId: undefined })
          return deadLetters.add(step, item, { error, attempts })
        }
      }
    })
  )
}
