import { Effect, type Fiber, LogLevel, References, Tracer } from "effect"

/** Whether spans are made as by default, by Effect's own tracer, only for the code inside them. */
export const isUntracedByDefault = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer && fiber.getRef(References.TracerEnabled) &&
  fiber.getRef(References.MinimumTraceLevel) === "All"

/** A debug line whose text is not even built if nobody reads it. */
export const logDebug = (text: () => string): Effect.Effect<void> =>
  Effect.withFiber((fiber) =>
    LogLevel.isGreaterThan(fiber.getRef(References.MinimumLogLevel), "Debug") ? Effect.void : Effect.logDebug(text())
  )
