import { Clock, Context, Effect, Exit, Layer, Option } from "effect"
import { DispatchLink } from "../engine/DispatchLink.ts"
import type { ExecutionInProgress } from "../engine/InstanceRecord.ts"
import type { JobStep } from "../engine/JobStep.ts"
import type { PendingCall } from "../engine/PendingCall.ts"
import { StepStore } from "../engine/StepStore.ts"
import { DedupeConflict, ExecutionFailed, type HostUnavailable } from "../errors.ts"
import { executionFailure, storedErrorOf } from "../execution/executionFailure.ts"
import type { Mutation } from "../requests/Target.ts"

/** How long an answer is kept for repeats, milliseconds. */
const keptForMs = 24 * 3_600_000

/** A request that changes something; all of its fields other than these are its body. */
export interface Call extends Mutation {
  readonly action: string
}

type KeptFailure = { readonly [Field in "instanceId" | "executionId" | "attempts" | "error"]: ExecutionFailed[Field] }

/** The stored answer: the request's fingerprint, and a value or the run's failure. */
interface Kept<A> {
  readonly fingerprint: string
  /** The run begun by the call is stored as begun, and has not ended yet. */
  readonly pending?: PendingCall
  readonly answer?: A
  readonly failed?: KeptFailure
}

/** The same text for the same request, whatever the order of its fields. */
const canonical = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, nested: unknown) =>
      typeof nested === "object" && nested !== null && !Array.isArray(nested)
        ? Object.fromEntries(Object.entries(nested).toSorted(([a], [b]) => a < b ? -1 : 1))
        : nested
  )

/** The key of the row that stores a call's answer. */
export const keyOfCall = (action: string, dedupeKey: string): string => `dedupe:${action}:${dedupeKey}`

const fingerprintOf = ({ dedupeKey: _key, parentIncarnationId: _parent, ...body }: Call): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(body)))),
    (digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  )

/** The storable form of a run that failed permanently. */
const failedOf = ({ redact }: JobStep, failure: ExecutionFailed): KeptFailure => {
  const { attempts, executionId, instanceId } = failure
  return { instanceId, executionId, attempts, error: storedErrorOf(failure, redact) }
}

const failureOf = <A, E>(exit: Exit.Exit<A, E>): ExecutionFailed | undefined => {
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  return error instanceof ExecutionFailed ? error : undefined
}

const expiry = Effect.map(Clock.currentTimeMillis, (now) => now + keptForMs)

const keep = <A>(step: JobStep, key: string, kept: Kept<A>, expiresAt: number) => {
  step.entries.set(key, { value: JSON.stringify(kept), expiresAt })
}

/** A call that ended without an answer, for example because its instance was purged, counts as new when repeated. */
const isUnderWay = ({ record }: JobStep, key: string) =>
  record?.quarantined === false && record.execution?.calls?.includes(key) === true

/** Answers of earlier calls, stored beside the instance and outliving it, for repeats of these calls. */
export class DedupeKeys extends Context.Service<DedupeKeys, {
  /**
   * Returns the previous answer to a call with this key; otherwise answers it with `run` and stores that with the
   * step's commit. What the call has begun is stored when it begins; until it has ended, a repeat is answered by
   * `whilePending`, if given.
   */
  readonly once: <A, E, B = never>(
    step: JobStep,
    call: Call,
    run: Effect.Effect<A, E>,
    whilePending?: B
  ) => Effect.Effect<A | B, E | ExecutionFailed | DedupeConflict | HostUnavailable>
  /** Stores the answers of calls that were pending under these keys. */
  readonly answer: (
    step: JobStep,
    keys: ReadonlyArray<string>,
    answerOf: (call: PendingCall) => unknown
  ) => Effect.Effect<void, HostUnavailable>
  /**
   * Does the work of a step; if that ends an interrupted run, stores what the calls for it would have been answered.
   */
  readonly settling: <A, E>(step: JobStep, work: Effect.Effect<A, E>) => Effect.Effect<A, E | HostUnavailable>
}>()("@durable-effect/jobs/DedupeKeys") {
  static readonly layer = Layer.effect(
    DedupeKeys,
    Effect.gen(function*() {
      const store = yield* StepStore
      const link = yield* DispatchLink

      /** Stores a call's answer, unless it already has one. */
      const settle = Effect.fnUntraced(function*(
        step: JobStep,
        key: string,
        answerOf: (call: PendingCall) => Omit<Kept<unknown>, "fingerprint">
      ) {
        const before = yield* store.entryIn(step, key)
        if (before === undefined) return
        const { fingerprint, pending }: Kept<unknown> = JSON.parse(before)
        if (pending !== undefined) keep(step, key, { fingerprint, ...answerOf(pending) }, yield* expiry)
      })

      const settleAll = Effect.fnUntraced(function*<A, E>(
        step: JobStep,
        { calls = [], executionId }: ExecutionInProgress,
        work: Effect.Effect<A, E>
      ): Effect.fn.Return<A, E | HostUnavailable> {
        const exit = yield* Effect.exit(work)
        const failure = failureOf(exit)
        const now = step.record?.execution
        const hasEnded = now?.executionId !== executionId || now?.calls === undefined
        if (hasEnded && (Exit.isSuccess(exit) || failure !== undefined)) {
          const failed = failure === undefined ? undefined : failedOf(step, failure)
          for (const key of calls) {
            yield* settle(
              step,
              key,
              (call) => failed === undefined ? { answer: link.answerOf(step, call) } : { failed }
            )
          }
        }
        return yield* exit
      })

      const onceByKey = Effect.fnUntraced(function*<A, E, B>(
        step: JobStep,
        call: Call,
        dedupeKey: string,
        run: Effect.Effect<A, E>,
        whilePending: B | undefined
      ): Effect.fn.Return<A | B, E | ExecutionFailed | DedupeConflict | HostUnavailable> {
        const { action } = call
        const key = keyOfCall(action, dedupeKey)
        const fingerprint = yield* fingerprintOf(call)
        const before = yield* store.entryIn(step, key)
        if (before !== undefined) {
          const kept: Kept<A> = JSON.parse(before)
          if (kept.fingerprint !== fingerprint) {
            return yield* new DedupeConflict({ instanceId: step.instanceId, action, dedupeKey })
          }
          if (kept.failed !== undefined) return yield* executionFailure(kept.failed, kept.failed.error)
          if (kept.answer !== undefined) return kept.answer
          if (whilePending !== undefined && isUnderWay(step, key)) return whilePending
        }
        const outer = step.call
        step.call = { action, key, fingerprint, expiresAt: yield* expiry }
        const exit = yield* Effect.exit(run)
        step.call = outer
        const expiresAt = yield* expiry
        if (Exit.isSuccess(exit)) keep(step, key, { fingerprint, answer: exit.value }, expiresAt)
        else {
          const failure = failureOf(exit)
          if (failure !== undefined) {
            keep(step, key, { fingerprint, failed: failedOf(step, failure) }, expiresAt)
          }
        }
        return yield* exit
      })

      return {
        once: (step, call, run, whilePending) =>
          call.dedupeKey === undefined ? run : onceByKey(step, call, call.dedupeKey, run, whilePending),
        answer: Effect.fnUntraced(function*(step, keys, answerOf) {
          for (const key of keys) yield* settle(step, key, (call) => ({ answer: answerOf(call) }))
        }),
        settling: (step, work) => {
          const cutOff = step.record?.execution
          return cutOff?.calls === undefined ? work : settleAll(step, cutOff, work)
        }
      }
    })
  )
}
