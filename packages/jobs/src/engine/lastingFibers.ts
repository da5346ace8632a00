import { Context, Effect, type Fiber } from "effect"

/** The fiber in whose context this is, or one that it comes from. */
const LastingFiber = Context.Reference<{ readonly fiber: Fiber.Fiber<unknown, unknown> } | undefined>(
  "@durable-effect/jobs/LastingFiber",
  { defaultValue: () => undefined }
)

/** Whether nobody interrupts this fiber before it has ended by itself. What it forks may be. */
export const isLasting = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  Context.get(fiber.context, LastingFiber)?.fiber === fiber

/** For an effect that is a fiber's whole work, of a call whose caller cannot leave: one made as a promise. */
export const lasting = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => Effect.provideService(call, LastingFiber, { fiber }))
