/** What was thrown, in words. Anything can be thrown, also what has no words and throws when asked for some. */
export const describeThrown = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return "something without a description"
  }
}
