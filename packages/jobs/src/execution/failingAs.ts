import { Effect, Exit } from "effect"

/**
 * Makes a schema, or anything else that may fail, throw or die, fail with one of our errors. It usually succeeds
 * immediately, which then costs no fiber operation.
 */
export const failingAs = <A, E, E2>(
  attempt: () => Effect.Effect<A, E>,
  { onDefect, onError }: { readonly onError: (error: E) => E2; readonly onDefect: (defect: unknown) => E2 }
): Effect.Effect<A, E2> => {
  try {
    const effect = Effect.mapErrorEager(attempt(), onError)
    return Exit.isExit(effect) && Exit.isSuccess(effect)
      ? effect
      : Effect.catchDefect(effect, (defect) => Effect.fail(onDefect(defect)))
  } catch (defect) {
    return Effect.fail(onDefect(defect))
  }
}
