import { Effect } from "effect"
import { BadRequest } from "../api/errors.ts"

/** Which part of a list to return. */
export interface PageRequest {
  readonly limit?: string | undefined
  readonly cursor?: string | undefined
}

const defaultLimit = 100
const maxLimit = 500

/** Entries per page: 1 to 500, default 100. */
export const pageLimit = ({ limit }: PageRequest): Effect.Effect<number, BadRequest> => {
  if (limit === undefined) return Effect.succeed(defaultLimit)
  const count = /^\d{1,3}$/.test(limit) ? Number(limit) : 0
  return count >= 1 && count <= maxLimit
    ? Effect.succeed(count)
    : Effect.fail(new BadRequest({ detail: `limit is a whole number from 1 to ${maxLimit}.` }))
}
