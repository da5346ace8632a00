/**
 * The most telling text in what was thrown, its causes included. Anything can be thrown, also what has no words and throws
 * when asked for some.
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
