import { Context, Effect, Tracer } from "effect"
import { CurrentJob } from "../../engine/CurrentJob.ts"
import { type Trace, traceOfSpan } from "../../engine/Trace.ts"

/**
 * Where in its trace the caller is, when it has one that W3C would accept. A call from inside a job is in the job's
 * trace, also from under a span of another one.
 */
export const callersTrace: Effect.Effect<Trace | undefined> = Effect.contextWith((context) => {
  const job = Context.get(context, CurrentJob)
  const here = traceOfSpan(Context.getOrUndefined(context, Tracer.ParentSpan))
  const ofJob = job?.trace()
  return Effect.succeed(ofJob === undefined || here?.traceId === ofJob.traceId ? here : ofJob)
})
