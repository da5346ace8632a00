import { Effect, Option } from "effect"

/** The trace of the caller, when it has one that W3C would accept. */
export const callersTrace: Effect.Effect<string | undefined> = Effect.map(
  Effect.option(Effect.currentParentSpan),
  (span) =>
    Option.getOrUndefined(
      Option.filter(Option.map(span, ({ traceId }) => traceId), (traceId) => /^[0-9a-f]{32}$/.test(traceId))
    )
)
