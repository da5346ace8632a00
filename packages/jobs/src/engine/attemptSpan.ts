import type { EventError } from "@durable-effect/core"
import { Context, Effect, Option, Tracer } from "effect"
import type { ExecutionFacts } from "../Execution.ts"
import type { AttemptPlan, Outcome } from "../execution/Outcome.ts"
import { type InstanceRecord, traceOf } from "./InstanceRecord.ts"
import type { AttemptOutcome } from "./JobMetrics.ts"
import { isUntracedByDefault } from "./listeners.ts"

export const attemptOutcomes: { readonly [Tag in Outcome["_tag"]]: AttemptOutcome } = {
  Succeeded: "succeeded",
  TerminatedByHandler: "terminated",
  Failed: "failed",
  Interrupted: "interrupted"
}

/** Carries a failed attempt out of its span, which takes its status from it. */
class AttemptFailed extends Error {
  readonly _tag = "AttemptFailed"
  readonly outcome: Outcome
  constructor(outcome: Outcome, { message, name, stack }: EventError) {
    super(message)
    this.outcome = outcome
    if (name !== undefined) this.name = name
    if (stack !== undefined) this.stack = stack
  }
}

/** What an attempt's span says about its cause. */
export type SpanPlan = Pick<AttemptPlan, "trigger" | "handler" | "recovered">

export interface SpanOptions {
  readonly facts: ExecutionFacts
  readonly plan: SpanPlan
  readonly record: InstanceRecord
}

/** Records in the span how the attempt ended. */
const tellOutcome = (span: Tracer.Span) => (outcome: Outcome) => {
  span.attribute("job.outcome", attemptOutcomes[outcome._tag])
  if (outcome._tag !== "Failed") return Effect.succeed(outcome)
  const { storedError } = outcome
  span.attribute("error.type", storedError.name ?? "Error")
  return Effect.fail(new AttemptFailed(outcome, storedError))
}

const attributesOf = ({ facts, plan, record }: SpanOptions) => ({
  "job.type": record.jobType,
  "job.name": facts.jobName,
  "job.id": facts.id,
  "job.instance_id": facts.instanceId,
  "job.incarnation_id": facts.incarnationId,
  "job.execution_id": facts.executionId,
  "job.run_count": facts.runCount,
  "job.attempt": facts.attempt,
  "job.trigger": plan.trigger,
  "job.handler": plan.handler,
  ...(plan.recovered ? { "job.recovered": true } : {})
})

const placeOf = (record: InstanceRecord): { readonly parent: Tracer.AnySpan } | { readonly root: true } => {
  const trace = traceOf(record)
  return trace === undefined ? { root: true } : { parent: Tracer.externalSpan(trace) }
}

/** A span like those of Effect's own tracer. Nobody asks it when it began, or whether it has ended. */
const unseenSpan = (name: string, parent: Tracer.AnySpan | undefined): Tracer.Span =>
  new Tracer.NativeSpan({
    name,
    parent: Option.fromUndefinedOr(parent),
    annotations: Context.empty(),
    links: [],
    startTime: 0n,
    kind: "internal",
    sampled: parent?.sampled ?? true
  })

/**
 * Gives an attempt a span of its own, under the one that began the incarnation, whoever makes the attempt. It has the
 * error of a failed attempt, as shown by events. Without a tracer, the span exists only for user code, and reports
 * nothing.
 */
export const inSpan = <E extends { readonly _tag: string }>(
  options: SpanOptions,
  attempt: (span: Tracer.Span) => Effect.Effect<Outcome, E>
): Effect.Effect<Outcome, E> =>
  Effect.withFiber((fiber) => {
    const name = `job ${options.facts.jobName}`
    const place = placeOf(options.record)
    if (isUntracedByDefault(fiber)) return attempt(unseenSpan(name, "parent" in place ? place.parent : undefined))
    return Effect.useSpan(
      name,
      { ...place, attributes: attributesOf(options) },
      (span) => Effect.flatMap(attempt(span), tellOutcome(span))
    ).pipe(
      Effect.catch((error): Effect.Effect<Outcome, E> =>
        error instanceof AttemptFailed ? Effect.succeed(error.outcome) : Effect.fail(error)
      )
    )
  })
