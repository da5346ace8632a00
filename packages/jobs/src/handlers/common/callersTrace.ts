import { Effect, Option, Tracer } from "effect"

/** The trace of the caller, when it has one that W3C would accept. */
export const callersTrace: Effect.Effect<string | undefined> = Effect.map(
  Effect.serviceOption(Tracer.ParentSpan),
  (span) => {
    const { traceId } = Option.getOrUndefined(span) ?? {}
    return traceId !== undefined && /^[0-9a-f]{32}$/.test(traceId) ? traceId : undefined
  }
)
