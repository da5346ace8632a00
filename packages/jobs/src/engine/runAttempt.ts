import { Cause, Clock, Deferred, Effect, Exit, Fiber, Semaphore } from "effect"
import type { StateCell } from "../Continuous.ts"
import type { ExecutionFacts } from "../Continuous.ts"
import type { HostUnavailable } from "../errors.ts"
import { AttemptTimedOut, errorOfCause, InvalidState } from "../execution/attemptError.ts"
import type { Outcome } from "../execution/Outcome.ts"
import { describeIssue } from "../services/schemaIssue.ts"
import { CurrentJob } from "./CurrentJob.ts"
import { CurrentStep, type Interruption, type JobStep } from "./JobStep.ts"
import { mergeWindowMs } from "./Settings.ts"

export interface AttemptOptions {
  readonly step: JobStep
  readonly cell: StateCell<never>
  readonly facts: ExecutionFacts
  readonly timeoutMs: number | undefined
  /** Commits what the step has so far: the attempt has begun. */
  readonly commitBegin: Effect.Effect<void, HostUnavailable>
  /** Sends a `task.progress`. */
  readonly report: (fraction: number, message: string | undefined) => Effect.Effect<void>
}

type Stop = { readonly _tag: "Terminate"; readonly reason: string | undefined }

/** Once, however many ask, and by one at a time. */
const once = <E>(effect: Effect.Effect<void, E>): Effect.Effect<void, E> => {
  const permit = Semaphore.makeUnsafe(1)
  let done = false
  return permit.withPermit(Effect.suspend(() =>
    done ? Effect.void : Effect.tap(effect, () =>
      Effect.sync(() => {
        done = true
      }))
  ))
}

/**
 * Runs user code once and says how it ended; its state is encoded but not stored. When it takes longer than the merge
 * window, reports progress or calls a client, the begin is committed meanwhile. If that fails, user code is stopped and
 * the attempt counts as never made.
 */
export const runAttempt = (options: AttemptOptions): Effect.Effect<Outcome, HostUnavailable> =>
  Effect.gen(function*() {
    const { cell, facts, step } = options
    const clock = yield* Clock.Clock
    const startedAt = clock.monotonicTimeNanosUnsafe()
    const stop = Deferred.makeUnsafe<Stop, HostUnavailable>()
    const begin = once(options.commitBegin)
    const beginFromInside = begin.pipe(
      Effect.catch((error) => Effect.andThen(Deferred.fail(stop, error), Effect.interruptible(Effect.never)))
    )

    const userCode = Effect.suspend(() =>
      cell.run({
        ...facts,
        // The root fiber is interrupted by the one that waits for it; until then nothing after this line runs.
        terminate: (how) =>
          Effect.andThen(
            Deferred.succeed(stop, { _tag: "Terminate" as const, reason: how?.reason }),
            Effect.interruptible(Effect.never)
          ),
        progress: (fraction, message) => Effect.andThen(beginFromInside, options.report(fraction, message))
      })
    ).pipe(
      (code) =>
        options.timeoutMs === undefined ? code : Effect.timeoutOrElse(code, {
          duration: options.timeoutMs,
          orElse: () => Effect.fail(new AttemptTimedOut({ timeoutMs: options.timeoutMs ?? 0 }))
        }),
      Effect.provideService(CurrentStep, undefined),
      Effect.provideService(CurrentJob, {
        instanceId: facts.instanceId,
        incarnationId: facts.incarnationId,
        begin: beginFromInside
      })
    )

    const fiber = yield* Effect.forkChild(userCode, { startImmediately: true })
    const ended: Effect.Effect<Exit.Exit<unknown, unknown> | Stop | Interruption, HostUnavailable> = Effect
      .raceAllFirst([
        Deferred.await(stop),
        Deferred.await(step.interruption),
        Fiber.await(fiber)
      ])
    const soon = yield* Effect.raceFirst(ended, Effect.as(Effect.sleep(mergeWindowMs), undefined))
    const end = soon ?? (yield* Effect.andThen(begin, ended).pipe(Effect.tapError(() => Fiber.interrupt(fiber))))
    const durationMs = () => Number((clock.monotonicTimeNanosUnsafe() - startedAt) / 1000n) / 1000

    if (end === "terminate" || end === "shutdown") {
      yield* Fiber.interrupt(fiber)
      return { _tag: "Interrupted", by: end }
    }
    if (end._tag === "Failure") return { _tag: "Failed", error: errorOfCause(end.cause), durationMs: durationMs() }
    if (end._tag === "Terminate") yield* Fiber.interrupt(fiber)

    const encoded = yield* Effect.exit(cell.encoded)
    if (Exit.isFailure(encoded)) {
      const issue = Exit.findErrorOption(encoded)
      const told = issue._tag === "Some" ? describeIssue("state", issue.value) : undefined
      const problem = told === undefined ? Cause.pretty(encoded.cause) : `${told.field}: ${told.problem}`
      const error = errorOfCause(Cause.fail(new InvalidState({ problem })))
      return { _tag: "Failed", error, durationMs: durationMs() }
    }
    return end._tag === "Terminate"
      ? { _tag: "TerminatedByHandler", state: encoded.value, reason: end.reason, durationMs: durationMs() }
      : { _tag: "Succeeded", state: encoded.value, durationMs: durationMs() }
  })
