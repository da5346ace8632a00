import { Clock, Context, Effect, Exit, Layer } from "effect"
import type { JobStep } from "../engine/JobStep.ts"
import { StepStore } from "../engine/StepStore.ts"
import { DedupeConflict, ExecutionFailed, type HostUnavailable } from "../errors.ts"
import type { Mutation } from "../requests/Target.ts"

/** How long an answer is kept for repeats, milliseconds. */
const keptForMs = 24 * 3_600_000

/** A request that changes something; besides what is said here, all of its fields are its body. */
export interface Call extends Mutation {
  readonly action: string
}

/** What was answered, as it is kept: the request's fingerprint, and a value or the run's failure. */
interface Kept<A> {
  readonly fingerprint: string
  readonly answer?: A
  readonly failed?: { readonly [Field in "instanceId" | "executionId" | "attempts" | "error"]: ExecutionFailed[Field] }
}

/** The same text for the same request, in whatever order its fields are. */
const canonical = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, nested: unknown) =>
      typeof nested === "object" && nested !== null && !Array.isArray(nested)
        ? Object.fromEntries(Object.entries(nested).toSorted(([a], [b]) => a < b ? -1 : 1))
        : nested
  )

const fingerprintOf = ({ dedupeKey: _key, parentIncarnationId: _parent, ...body }: Call): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(body)))),
    (digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  )

/** Answers of earlier calls, kept beside the instance and longer than it, for repeats of these calls. */
export class DedupeKeys extends Context.Service<DedupeKeys, {
  /** What a call with this key was answered before; else answers it by `run` and keeps that with the step's commit. */
  readonly once: <A, E>(
    step: JobStep,
    call: Call,
    run: Effect.Effect<A, E>
  ) => Effect.Effect<A, E | ExecutionFailed | DedupeConflict | HostUnavailable>
}>()("@durable-effect/jobs/DedupeKeys") {
  static readonly layer = Layer.effect(
    DedupeKeys,
    Effect.gen(function*() {
      const store = yield* StepStore
      const onceByKey = Effect.fnUntraced(function*<A, E>(
        step: JobStep,
        call: Call,
        dedupeKey: string,
        run: Effect.Effect<A, E>
      ): Effect.fn.Return<A, E | ExecutionFailed | DedupeConflict | HostUnavailable> {
        const { action } = call
        const key = `dedupe:${action}:${dedupeKey}`
        const fingerprint = yield* fingerprintOf(call)
        const before = yield* store.entryIn(step, key)
        if (before !== undefined) {
          const kept: Kept<A> = JSON.parse(before)
          if (kept.fingerprint !== fingerprint) {
            return yield* new DedupeConflict({ instanceId: step.instanceId, action, dedupeKey })
          }
          if (kept.failed !== undefined) return yield* new ExecutionFailed(kept.failed)
          if (kept.answer !== undefined) return kept.answer
        }
        const exit = yield* Effect.exit(run)
        const expiresAt = (yield* Clock.currentTimeMillis) + keptForMs
        const keep = (kept: Omit<Kept<A>, "fingerprint">) => {
          const value: Kept<A> = { fingerprint, ...kept }
          step.entries.set(key, { value: JSON.stringify(value), expiresAt })
        }
        if (Exit.isSuccess(exit)) keep({ answer: exit.value })
        else {
          const error = Exit.findErrorOption(exit)
          if (error._tag === "Some" && error.value instanceof ExecutionFailed) {
            const { attempts, error: cause, executionId, instanceId } = error.value
            keep({ failed: { instanceId, executionId, attempts, error: cause } })
          }
        }
        return yield* exit
      })
      return {
        once: (step, call, run) => call.dedupeKey === undefined ? run : onceByKey(step, call, call.dedupeKey, run)
      }
    })
  )
}
