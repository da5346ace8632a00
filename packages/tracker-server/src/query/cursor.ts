import { Effect, Result, Schema } from "effect"
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { BadRequest } from "../api/errors.ts"
import { identifierFault } from "../ingest/identifier.ts"

/** The list a cursor belongs to: a cursor of another tenant, route or plan is not accepted. */
export interface CursorScope {
  readonly tenantId: string
  readonly list:
    | "plans"
    | "sub-plans"
    | "session"
    | "transitions"
    | "group"
    | "explain"
    | "tasks"
    | "timeline"
    | "jobs"
    | "agents"
    | "keys"
    | "rejected"
    | "replay"
  /** The id in the request's path, or whatever else determines the content of the list. */
  readonly id: string
}

const digest = ({ id, list, tenantId }: CursorScope): string =>
  createHash("sha256").update(JSON.stringify([tenantId, list, id])).digest("base64url").slice(0, 11)

const Envelope = Schema.Tuple([Schema.String, Schema.Unknown])

/** An id within a position: invalid text from a forged cursor must not reach the store. */
export const PositionId = Schema.String.check(Schema.makeFilter((id: string) => identifierFault(id) === undefined))

/** Encodes a position in a list as opaque text. */
export const encodeCursor = (scope: CursorScope, position: unknown): string =>
  Buffer.from(JSON.stringify([digest(scope), position])).toString("base64url")

const wrongCursor = new BadRequest({
  detail: "cursor is not one of this list: give back `next_cursor` of the page before as it is, or none to start again."
})

/** The position encoded by `encodeCursor`, if it belongs to this list. */
export const decodeCursor = <A>(
  scope: CursorScope,
  position: Schema.ConstraintDecoder<A>,
  cursor: string
): Effect.Effect<A, BadRequest> => {
  const text = Buffer.from(cursor, "base64url").toString()
  const envelope = Result.getOrUndefined(
    Schema.decodeUnknownResult(Schema.fromJsonString(Envelope))(text)
  )
  if (envelope === undefined || envelope[0] !== digest(scope)) return Effect.fail(wrongCursor)
  return Result.match(Schema.decodeUnknownResult(position)(envelope[1]), {
    onFailure: () => Effect.fail(wrongCursor),
    onSuccess: (decoded) => Effect.succeed(decoded)
  })
}
