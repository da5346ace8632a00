import { Effect, type Fiber } from "effect"

/** Fibers that nobody interrupts before they have ended by themselves. */
const fibers = new WeakSet<Fiber.Fiber<unknown, unknown>>()

export const isLasting = (fiber: Fiber.Fiber<unknown, unknown>): boolean => fibers.has(fiber)

/** For an effect that is run as a fiber's whole work, of a call whose caller cannot leave: one made as a promise. */
export const lasting = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    fibers.add(fiber)
    return call
  })
