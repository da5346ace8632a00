import { Effect } from "effect"
import { NotFound } from "../api/errors.ts"
import { identifierFault } from "../ingest/identifier.ts"

/** What is said of an id that no plan has. */
export const planNotFound = new NotFound({
  detail: "No plan or job instance has this id. An event that names it makes it known; ids match byte by byte."
})

/** What was found under an id; 404 is the same for a plan that never was, another tenant's and an id that none can have. */
export const foundPlan = <A, E, R>(
  id: string,
  lookup: Effect.Effect<A | undefined, E, R>
): Effect.Effect<A, E | NotFound, R> =>
  identifierFault(id) === undefined
    ? Effect.flatMap(lookup, (answer) => answer === undefined ? Effect.fail(planNotFound) : Effect.succeed(answer))
    : Effect.fail(planNotFound)
