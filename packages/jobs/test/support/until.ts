import { Effect } from "effect"

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Lets what runs in the background go on, on its real disk too, until this holds. */
export const until = <E>(holds: Effect.Effect<boolean, E>): Effect.Effect<void, E> =>
  Effect.flatMap(holds, (yes) => yes ? Effect.void : Effect.andThen(turn, until(holds)))
