/** What an optional handler needs. Of one that is absent, where a registry takes the definition, `unknown` is inferred. */
export type NeedsIfGiven<R> = unknown extends R ? never : R
