/**
 * The requirements of an optional handler. If it is absent where a registry takes the definition, `unknown` is
 * inferred.
 */
export type NeedsIfGiven<R> = unknown extends R ? never : R
