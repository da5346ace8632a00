import type { JobType } from "@durable-effect/core"
import { type Clock, Context, Effect, Exit, Layer, type Schema } from "effect"
import type { JobStep } from "../engine/JobStep.ts"
import { isUntracedByDefault } from "../engine/listeners.ts"
import { type Trace, traceOfSpan } from "../engine/Trace.ts"
import { addJobEvent } from "../events/emitJobEvent.ts"

export interface NewIncarnation {
  readonly jobType: JobType
  readonly jobName: string
  readonly id: string
  /** The first state, valid, as JSON; null if there is none yet. */
  readonly state: Schema.Json
  /** The input shown in its first events, if any. */
  readonly input?: Schema.Json
  /** The caller's trace context; undefined starts a new trace. */
  readonly trace: Trace | undefined
  readonly parentIncarnationId: string | undefined
  /** Default: a new one. */
  readonly incarnationId?: string
}

/** A UUIDv7 without its dashes is a valid W3C trace id. */
const traceIdOf = (incarnationId: string) => incarnationId.replaceAll("-", "")

/** An unexported span: the trace id, whose end is random, serves for both ids. */
const unseenTrace = (incarnationId: string): Trace => {
  const traceId = traceIdOf(incarnationId)
  return { traceId, spanId: traceId.slice(16), sampled: true }
}

/** A root span for the executions' spans, so that an incarnation is one trace, whoever runs it. */
const beginTrace = ({ jobName, jobType }: NewIncarnation, incarnationId: string, clock: Clock.Clock) =>
  Effect.withFiber((fiber): Effect.Effect<Trace | undefined> =>
    isUntracedByDefault(fiber) ? Effect.succeed(unseenTrace(incarnationId)) : Effect.map(
      Effect.makeSpan(`create job ${jobName}`, {
        root: true,
        kind: "producer",
        attributes: { "job.type": jobType, "job.name": jobName }
      }),
      (span) => {
        span.end(clock.currentTimeNanosUnsafe(), Exit.void)
        return traceOfSpan(span)
      }
    )
  )

/** The identity and incarnation of an instance. */
export class MetadataService extends Context.Service<MetadataService, {
  /** Begins a new incarnation in the step: `job.created, job.started`. */
  readonly initialize: (step: JobStep, job: NewIncarnation) => Effect.Effect<void>
}>()("@durable-effect/jobs/MetadataService") {
  static readonly layer = Layer.succeed(MetadataService, {
    initialize: (step, job) => {
      const now = step.clock.currentTimeMillisUnsafe()
      const incarnationId = job.incarnationId ?? step.ids.next(now)
      const begun = job.trace === undefined
        ? beginTrace(job, incarnationId, step.clock)
        : Effect.succeed(job.trace)
      return Effect.mapEager(begun, (trace) => {
        step.beginIncarnation({
          format: 1,
          jobType: job.jobType,
          jobName: job.jobName,
          id: job.id,
          incarnationId,
          traceId: trace?.traceId ?? traceIdOf(incarnationId),
          ...(trace === undefined ? {} : { spanId: trace.spanId, sampled: trace.sampled }),
          ...(job.parentIncarnationId === undefined ? {} : { parentIncarnationId: job.parentIncarnationId }),
          status: "running",
          quarantined: false,
          createdAt: now,
          sequence: 0,
          lastEventAt: 0,
          alarm: null,
          // Not reset with the incarnation: a firing for the previous incarnation must not pass for one of this.
          generation: ((step.record ?? step.stored)?.generation ?? 0) + 1,
          state: job.state,
          runCount: 0,
          execution: null
        })
        const input = job.input === undefined ? {} : { input: job.input }
        const createdId = addJobEvent(step, { type: "job.created", ...input })
        addJobEvent(step, {
          type: "job.started",
          ...input,
          ...(createdId === undefined ? {} : { parentEventId: createdId })
        })
      })
    }
  })
}
