import { Effect, Schema } from "effect"
import { InvalidInput } from "./errors.ts"
import { describeIssue } from "./services/schemaIssue.ts"

/** What all requests have in common; `input` is the definition's to judge, the id's text the handler's. */
const mutation = {
  dedupeKey: Schema.optional(Schema.NonEmptyString.check(Schema.isMaxLength(255))),
  parentIncarnationId: Schema.optional(Schema.String.check(Schema.isMaxLength(255)))
}

const ofInstance = { name: Schema.String, id: Schema.String, reason: Schema.optional(Schema.String), ...mutation }

const readers = {
  continuous: Schema.decodeUnknownEffect(Schema.Struct({
    type: Schema.Literal("continuous"),
    action: Schema.Literals(["start", "trigger", "terminate", "status", "getState", "retry", "discard"]),
    ...ofInstance
  })),
  task: Schema.decodeUnknownEffect(Schema.Struct({
    type: Schema.Literal("task"),
    action: Schema.Literals(["send", "trigger", "terminate", "status", "getState", "retry", "discard"]),
    ...ofInstance
  }))
}

const readType = Schema.decodeUnknownEffect(Schema.Struct({ type: Schema.Literals(["continuous", "task"]) }))

/** Proves that a request, which may come from outside of the compiler's sight, is one; says which field is not. */
export const readRequest = <R>(request: R): Effect.Effect<R, InvalidInput> =>
  readType(request).pipe(
    Effect.flatMap(({ type }) => Effect.asVoid<unknown, Schema.SchemaError, never>(readers[type](request))),
    Effect.as(request),
    Effect.mapError((error) => {
      const { field, problem } = describeIssue("", error)
      return new InvalidInput({ target: "request", field: field === "" ? "request" : field.slice(1), problem })
    })
  )
