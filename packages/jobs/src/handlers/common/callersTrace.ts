import { Effect, Option, Tracer } from "effect"
import { CurrentJob } from "../../engine/CurrentJob.ts"
import { type Trace, traceOfSpan } from "../../engine/Trace.ts"

/**
 * Where in its trace the caller is, when it has one that W3C would accept. A call from inside a job is in the job's
 * trace, also from under a span of another one.
 */
export const callersTrace: Effect.Effect<Trace | undefined> = Effect.flatMap(
  CurrentJob,
  (job) =>
    Effect.map(Effect.serviceOption(Tracer.ParentSpan), (span) => {
      const here = traceOfSpan(Option.getOrUndefined(span))
      return job?.trace === undefined || here?.traceId === job.trace.traceId ? here : job.trace
    })
)
