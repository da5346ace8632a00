import { type Cause, Clock, Deferred, Effect, Exit, Fiber, type Tracer } from "effect"
import type { HostUnavailable } from "../errors.ts"
import { errorPayload, type Redact } from "../events/payload.ts"
import type { ExecutionFacts, StateCell } from "../Execution.ts"
import { errorOfCause } from "../execution/attemptError.ts"
import { orInvalidState, withinTimeout } from "../execution/attemptLimits.ts"
import type { Outcome } from "../execution/Outcome.ts"
import { BeginGate } from "./BeginGate.ts"
import { CurrentJob } from "./CurrentJob.ts"
import type { Interruption } from "./Interrupter.ts"
import type { JobStep } from "./JobStep.ts"
import { mergeWindowMs } from "./Settings.ts"
import { type Trace, traceOfSpan } from "./Trace.ts"
import { runUserCode } from "./userCode.ts"

export interface AttemptOptions {
  /** How it is stopped from outside, and how visitors get in. */
  readonly step: Pick<JobStep, "gate" | "letVisitorsIn" | "interruption">
  readonly cell: StateCell<never>
  readonly facts: ExecutionFacts
  /** The attempt's own span. */
  readonly span: Tracer.Span
  /** The job's trace context, in case the attempt's is invalid by W3C. */
  readonly trace: Trace | undefined
  readonly timeoutMs: number | undefined
  /** Whether others may change the step through its `gate` while user code runs. */
  readonly takesVisits: boolean
  /** Commits the step so far: the attempt has begun. */
  readonly commitBegin: Effect.Effect<void, HostUnavailable>
  /** Applied to what is stored of an error. */
  readonly redact: Redact
  /** Sends a `task.progress`. */
  readonly report: (fraction: number, message: string | undefined) => Effect.Effect<void>
}

type End =
  | Exit.Exit<unknown, unknown>
  | { readonly _tag: "Terminate"; readonly reason: string | undefined }
  | Interruption

const failedBy = (cause: Cause.Cause<unknown>, redact: Redact, durationMs: number): Outcome => {
  const error = errorOfCause(cause)
  return { _tag: "Failed", error, storedError: errorPayload(error, redact), durationMs }
}

/** Waits for the end; if that takes longer than the merge window, commits the begin in the meantime. */
const untilEnded = (end: Deferred.Deferred<End, HostUnavailable>, begin: Effect.Effect<boolean, HostUnavailable>) =>
  Effect.suspend(() =>
    Deferred.isDoneUnsafe(end) ? Deferred.await(end) : Effect.flatMap(
      Effect.forkChild(Effect.andThen(Effect.sleep(mergeWindowMs), begin), { startImmediately: true }),
      (timer) => Effect.ensuring(Deferred.await(end), Fiber.interrupt(timer))
    )
  )

/**
 * Runs user code once and returns how it ended; its state is encoded but not stored. If it takes longer than the merge
 * window, reports progress or calls a client, the begin is committed in the meantime. If that fails, or a call from
 * inside meets an unavailable host, user code is stopped and the attempt counts as never made. When this returns, the
 * begin commit has ended and so has user code, unless it was abandoned: the step belongs to the caller alone.
 */
export const runAttempt = Effect.fnUntraced(
  function*(options: AttemptOptions): Effect.fn.Return<Outcome, HostUnavailable> {
    const { cell, facts, step } = options
    const clock = yield* Clock.Clock
    const startedAt = clock.monotonicTimeNanosUnsafe()
    const end = Deferred.makeUnsafe<End, HostUnavailable>()
    const gate = new BeginGate(options.commitBegin)
    if (options.takesVisits) {
      step.gate = gate
      step.letVisitorsIn()
    }
    const neverMade = (error: HostUnavailable) =>
      Effect.andThen(Deferred.fail(end, error), Effect.interruptible(Effect.never))
    const beginFromInside = Effect.suspend(() => gate.begin().pipe(Effect.catch(neverMade)))

    const userCode = Effect.suspend(() =>
      cell.run({
        ...facts,
        // The root fiber is interrupted by the one waiting for it; until then nothing after this line runs.
        terminate: (how) =>
          Effect.andThen(
            Deferred.succeed(end, { _tag: "Terminate" as const, reason: how?.reason }),
            Effect.interruptible(Effect.never)
          ),
        progress: (fraction, message) =>
          Effect.flatMap(beginFromInside, (begun) => begun ? options.report(fraction, message) : Effect.void)
      })
    ).pipe(
      (code) => withinTimeout(code, options.timeoutMs),
      Effect.provideService(CurrentJob, {
        instanceId: facts.instanceId,
        incarnationId: facts.incarnationId,
        // Only for client calls, which most user code does not make.
        trace: () => traceOfSpan(options.span) ?? options.trace,
        span: options.span,
        begin: Effect.asVoid(beginFromInside),
        abandon: (error) => Effect.suspend(() => gate.isClosed ? Effect.fail(error) : neverMade(error)),
        hasEnded: () => gate.isClosed
      })
    )

    const how = yield* runUserCode({
      code: userCode,
      interruption: step.interruption,
      onEnd: (how: End) => Deferred.doneUnsafe(end, Exit.succeed(how)),
      ended: untilEnded(end, beginFromInside),
      close: () => {
        step.gate = undefined
        return gate.close()
      }
    })
    const durationMs = () => Number((clock.monotonicTimeNanosUnsafe() - startedAt) / 1000n) / 1000

    if (how === "terminate" || how === "shutdown") return { _tag: "Interrupted", by: how }
    if (how._tag === "Failure") return failedBy(how.cause, options.redact, durationMs())

    const encoded = yield* Effect.exit(orInvalidState(cell.encode))
    if (Exit.isFailure(encoded)) return failedBy(encoded.cause, options.redact, durationMs())
    return how._tag === "Terminate"
      ? { _tag: "TerminatedByHandler", state: encoded.value, reason: how.reason, durationMs: durationMs() }
      : { _tag: "Succeeded", state: encoded.value, durationMs: durationMs() }
  }
)
