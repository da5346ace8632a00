import { Effect } from "effect"
import type { NotFound } from "../api/errors.ts"
import { identifierFault } from "../ingest/identifier.ts"

/**
 * What was found under an id; the 404 is the same for a thing that never existed, another tenant's, and an invalid id.
 */
export const found = (notFound: NotFound) =>
<A, E, R>(
  id: string,
  lookup: Effect.Effect<A | undefined, E, R>
): Effect.Effect<A, E | NotFound, R> =>
  identifierFault(id) === undefined
    ? Effect.flatMap(lookup, (answer) => answer === undefined ? Effect.fail(notFound) : Effect.succeed(answer))
    : Effect.fail(notFound)
