import { Context, Effect, type Fiber } from "effect"

/** The fiber in whose context this is, or one of its ancestors. */
const LastingFiber = Context.Reference<{ fiber: Fiber.Fiber<unknown, unknown> | undefined } | undefined>(
  "@durable-effect/jobs/LastingFiber",
  { defaultValue: () => undefined }
)

/** Whether nobody interrupts this fiber before it has ended by itself. Its forks may be interrupted. */
export const isLasting = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  Context.get(fiber.context, LastingFiber)?.fiber === fiber

/**
 * Runs an effect in a fiber of its own, for a call whose caller cannot leave: one made as a promise. Its context knows
 * the fiber, which costs less than changing the context within the fiber.
 */
export const forkLasting = <A, E, R>(call: Effect.Effect<A, E, R>, context: Context.Context<R>): Fiber.Fiber<A, E> => {
  const holder: { fiber: Fiber.Fiber<unknown, unknown> | undefined } = { fiber: undefined }
  const begun = Effect.withFiber((fiber) => {
    holder.fiber = fiber
    return call
  })
  return Effect.runForkWith(Context.add(context, LastingFiber, holder))(begun)
}

/** `forkLasting` for an effect that is a fiber's whole work, whoever runs it. */
export const lasting = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => Effect.provideService(call, LastingFiber, { fiber }))
