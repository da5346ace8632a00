import { Context, Effect, Tracer } from "effect"
import { CurrentJob } from "../../engine/CurrentJob.ts"
import { type Trace, traceOfSpan } from "../../engine/Trace.ts"

/**
 * The caller's trace context, if it has one that is valid by W3C. A call from inside a job is in the job's trace, even
 * under a span of another.
 */
export const callersTrace: Effect.Effect<Trace | undefined> = Effect.contextWith((context) => {
  const job = Context.get(context, CurrentJob)
  const here = traceOfSpan(Context.getOrUndefined(context, Tracer.ParentSpan))
  const ofJob = job?.trace()
  return Effect.succeed(ofJob === undefined || here?.traceId === ofJob.traceId ? here : ofJob)
})
