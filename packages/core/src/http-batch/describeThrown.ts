/**
 * The most informative text in a thrown value, its causes included. Anything can be thrown, including values without a
 * message and values that throw when asked for one.
 */
export const describeThrown = (thrown: unknown): string => {
  try {
    if (!(thrown instanceof Error)) return String(thrown)
    if ("code" in thrown && typeof thrown.code === "string") return thrown.code
    return thrown.cause === undefined ? thrown.message : describeThrown(thrown.cause)
  } catch {
    return "something without a description"
  }
}
