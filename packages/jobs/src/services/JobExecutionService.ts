import { createTaskEvent, EventTracker, noopTracker } from "@durable-effect/core"
import { Context, Effect, Layer, Option, Random } from "effect"
import { attemptOutcomes, inSpan, type SpanPlan } from "../engine/attemptSpan.ts"
import { executionOf, type InstanceRecord, traceOf } from "../engine/InstanceRecord.ts"
import { JobMetrics } from "../engine/JobMetrics.ts"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { logDebug } from "../engine/listeners.ts"
import { logAnnotations } from "../engine/logAnnotations.ts"
import { type AttemptOptions, runAttempt } from "../engine/runAttempt.ts"
import { Settings } from "../engine/Settings.ts"
import { StepStore } from "../engine/StepStore.ts"
import type { HostUnavailable } from "../errors.ts"
import { addJobEvent } from "../events/emitJobEvent.ts"
import { messageText } from "../events/payload.ts"
import type { ExecutionFacts, StateCell } from "../Execution.ts"
import { beginAttempt } from "../execution/beginAttempt.ts"
import { nextRetry } from "../execution/nextRetry.ts"
import type { AttemptPlan, ExecutionResult, Outcome } from "../execution/Outcome.ts"
import type { OnExhausted, RetryPolicy } from "../RetryPolicy.ts"
import { RetryExecutor } from "./RetryExecutor.ts"

/** User code to run once, and what belongs to it. */
export interface Work {
  readonly plan: AttemptPlan
  readonly cell: StateCell<never>
  readonly retry: RetryPolicy | undefined
  readonly onExhausted: OnExhausted
  /** Timeout of the attempt, milliseconds. Default: as in `retry`. `none` if user code handles it itself. */
  readonly timeout?: "none"
  /** Whether others may change the step while user code runs. */
  readonly takesVisits?: boolean
  /** Records in the step what user code has arranged, once it has succeeded: before `execution.succeeded`. */
  readonly arrange?: Effect.Effect<{ readonly recovered?: true }>
  /** Records in the step what must follow the attempt's last event if no further attempt is made. */
  readonly settle?: (end: { readonly ok: boolean; readonly durationMs: number }) => void
}

type Failed = Extract<Outcome, { readonly _tag: "Failed" }>
type EndedWell = Extract<Outcome, { readonly _tag: "Succeeded" | "TerminatedByHandler" }>

const resultOf = (outcome: EndedWell): ExecutionResult =>
  outcome._tag === "Succeeded" ? outcome : { _tag: outcome._tag, reason: outcome.reason }

/** What an attempt's last event reports about it. */
const toldOf = (step: JobStep, { plan }: Work, durationMs: number) => {
  const parentEventId = step.eventIds.get("execution.started")
  return {
    executionId: plan.executionId,
    runCount: plan.runCount,
    attempt: plan.attempt,
    durationMs,
    preExecutionState: recordOf(step).state,
    ...(parentEventId === undefined ? {} : { parentEventId })
  }
}

/** Records in the step what follows from a successful attempt. */
const concludeWell = (step: JobStep, work: Work, outcome: EndedWell): Effect.Effect<ExecutionResult> => {
  const record = recordOf(step)
  const { durationMs } = outcome
  const told = toldOf(step, work, durationMs)
  step.record = { ...record, state: outcome.state, execution: null }
  const finish = (arranged: { readonly recovered?: true }): Effect.Effect<ExecutionResult> => {
    const terminated = outcome._tag === "TerminatedByHandler" ? { terminated: true } : {}
    addJobEvent(step, { type: "execution.succeeded", ...told, ...arranged, ...terminated })
    work.settle?.({ ok: true, durationMs })
    return Effect.as(logDebug(() => `${record.jobName} ran in ${durationMs} ms`), resultOf(outcome))
  }
  return work.arrange === undefined ? finish({}) : Effect.flatMap(work.arrange, finish)
}

/** One attempt whose start and outcome are stored by somebody else. */
export type Attempt = Omit<AttemptOptions, "redact" | "report" | "trace" | "span"> & {
  readonly record: InstanceRecord
  readonly plan: SpanPlan
}

/** Runs one attempt from `execution.started` to the consequences of its outcome. The caller commits. */
export class JobExecutionService extends Context.Service<JobExecutionService, {
  readonly execute: (step: JobStep, work: Work) => Effect.Effect<ExecutionResult, HostUnavailable>
  /** Runs only the user code, with everything it is given; nothing is recorded. */
  readonly attempt: (attempt: Attempt) => Effect.Effect<Outcome, HostUnavailable>
}>()("@durable-effect/jobs/JobExecutionService") {
  static readonly layer = Layer.effect(
    JobExecutionService,
    Effect.gen(function*() {
      const retries = yield* RetryExecutor
      const store = yield* StepStore
      const metrics = yield* JobMetrics
      const { redact } = yield* Settings
      const tracker = Option.getOrElse(yield* Effect.serviceOption(EventTracker), () => noopTracker)

      const concludeBadly = Effect.fnUntraced(
        function*(step: JobStep, work: Work, begunAt: number, outcome: Failed): Effect.fn.Return<ExecutionResult> {
          const { onExhausted, plan, retry } = work
          const record = recordOf(step)
          const told = toldOf(step, work, outcome.durationMs)
          const now = step.clock.currentTimeMillisUnsafe()
          const { error, storedError } = outcome
          const firstAttemptAt = plan.firstAttemptAt ?? begunAt
          const random = yield* Random.next
          const next = nextRetry(retry, { attempt: plan.attempt, firstAttemptAt, now, random })
          addJobEvent(step, {
            type: "execution.failed",
            ...told,
            error: storedError,
            willRetry: next._tag === "Retry"
          })
          if (next._tag !== "Retry") work.settle?.({ ok: false, durationMs: outcome.durationMs })
          yield* Effect.logWarning(
            `${record.jobName} failed: ${error.message}. ${
              next._tag === "Retry" ? `Next attempt in ${next.delayMs} ms.` : "No further attempt."
            }`
          )
          const { calls: _answered, ...execution } = executionOf(record)
          const failure = { error: storedError, attempts: plan.attempt, execution }
          if (next._tag === "NoPolicy") {
            step.record = { ...record, execution: null }
            return { _tag: "FailedForGood", error, storedError, execution }
          }
          if (next._tag === "Exhausted") {
            yield* retries.exhaust(step, next.reason, { ...failure, now }, onExhausted)
            return { _tag: "Exhausted", error, storedError, attempts: plan.attempt }
          }
          yield* retries.schedule(step, next, failure)
          step.record = {
            ...recordOf(step),
            execution: { ...execution, attempt: next.attempt, begunAt: null, lastError: storedError }
          }
          return { _tag: "RetryScheduled" }
        }
      )

      const report = (facts: ExecutionFacts, traceId: string) => (fraction: number, message: string | undefined) =>
        tracker === noopTracker ? Effect.void : Effect.flatMap(
          createTaskEvent("task.progress", facts.jobName, {
            task_id: facts.executionId,
            plan_id: facts.incarnationId,
            state: "running",
            ...(Number.isNaN(fraction) ? {} : { progress: Math.min(1, Math.max(0, fraction)) }),
            ...(message === undefined ? {} : { message: messageText(message) })
          }, { trace_id: traceId, session_id: facts.instanceId }),
          tracker.emit
        )

      const attempt = ({ plan, record, ...options }: Attempt) =>
        Effect.map(
          inSpan({ facts: options.facts, plan, record }, (span) =>
            runAttempt({
              ...options,
              span,
              trace: traceOf(record),
              redact,
              report: report(options.facts, record.traceId)
            })),
          (outcome) => {
            const durationMs = outcome._tag === "Interrupted" ? undefined : outcome.durationMs
            metrics.executed(record, attemptOutcomes[outcome._tag], durationMs)
            return outcome
          }
        )

      return {
        attempt,
        execute: Effect.fnUntraced(
          function*(step, work) {
            const { cell, plan } = work
            const begunAt = step.clock.currentTimeMillisUnsafe()
            beginAttempt(step, plan, begunAt)
            const record = recordOf(step)
            const facts: ExecutionFacts = {
              instanceId: step.instanceId,
              id: record.id,
              jobName: record.jobName,
              incarnationId: record.incarnationId,
              executionId: plan.executionId,
              attempt: plan.attempt,
              isRetry: plan.attempt > 1,
              runCount: plan.runCount
            }
            const outcome = yield* attempt({
              step,
              cell,
              facts,
              record,
              plan,
              timeoutMs: work.timeout === "none" ? undefined : work.retry?.timeoutMs,
              takesVisits: work.takesVisits ?? false,
              commitBegin: store.commit(step)
            })
            const result = outcome._tag === "Interrupted"
              ? outcome
              : yield* outcome._tag === "Failed"
                ? concludeBadly(step, work, begunAt, outcome)
                : concludeWell(step, work, outcome)
            step.ran = result._tag
            return result
          },
          (execution, step, work) =>
            Effect.annotateLogs(execution, logAnnotations(step.instanceId, step.record, work.plan))
        )
      }
    })
  )
}
