import { Effect, type Fiber, LogLevel, References, Tracer } from "effect"

/** Whether spans are made as they are by default, by Effect's own tracer, for those inside of them alone. */
export const isUntracedByDefault = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer && fiber.getRef(References.TracerEnabled) &&
  fiber.getRef(References.MinimumTraceLevel) === "All"

/** A line whose text is not even made where nobody reads it. */
export const logDebug = (text: () => string): Effect.Effect<void> =>
  Effect.withFiber((fiber) =>
    LogLevel.isGreaterThan(fiber.getRef(References.MinimumLogLevel), "Debug") ? Effect.void : Effect.logDebug(text())
  )
