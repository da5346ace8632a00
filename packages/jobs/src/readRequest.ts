import { Effect, Predicate, Schema } from "effect"
import { InvalidInput } from "./errors.ts"
import { describeIssue } from "./services/schemaIssue.ts"
import { unstorableText } from "./unstorableText.ts"

/** The fields common to all requests; the definition validates `input` and `event`, the handler the id's text. */
const mutation = {
  dedupeKey: Schema.optional(
    Schema.NonEmptyString.check(Schema.isMaxLength(255), Schema.makeFilter((key: string) => unstorableText(key)))
  ),
  parentIncarnationId: Schema.optional(Schema.String.check(Schema.isMaxLength(255)))
}

const isTextOrNone = (value: unknown) => value === undefined || typeof value === "string" && value.length <= 255

/** Fast path: most requests have this shape and need not be checked against their schema. */
const isPlain = (request: unknown, actions: ReadonlyArray<unknown>): boolean => {
  if (!Predicate.isObject(request)) return false
  const { action, dedupeKey, id, name, parentIncarnationId, reason } = request
  return typeof id === "string" && typeof name === "string" && actions.includes(action) && dedupeKey === undefined &&
    reason === undefined && isTextOrNone(parentIncarnationId)
}

const requestTo = (...actions: ReadonlyArray<string>) => {
  const decode = Schema.decodeUnknownEffect(Schema.Struct({
    action: Schema.Literals(actions),
    name: Schema.String,
    id: Schema.String,
    reason: Schema.optional(Schema.String),
    ...mutation
  }))
  return (request: unknown) =>
    isPlain(request, actions) ? Effect.void : Effect.mapEager(decode(request), () => undefined)
}

const decodePoolRequest = Schema.decodeUnknownEffect(Schema.Struct({
  action: Schema.Literals([
    "enqueue",
    "pause",
    "resume",
    "drain",
    "cancel",
    "retryItem",
    "discardItem",
    "terminate",
    "status",
    "deadLetters"
  ]),
  name: Schema.String,
  itemId: Schema.optional(Schema.String),
  partitionKey: Schema.optional(Schema.String),
  priority: Schema.optional(Schema.Int),
  cursor: Schema.optional(Schema.String),
  limit: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  reason: Schema.optional(Schema.String),
  ...mutation
}))

const readers = {
  continuous: requestTo("start", "trigger", "terminate", "status", "getState", "retry", "discard"),
  debounce: requestTo("add", "flush", "clear", "terminate", "status", "getState", "retry", "discard"),
  task: requestTo("send", "trigger", "terminate", "status", "getState", "retry", "discard"),
  workerPool: (request: unknown) => Effect.mapEager(decodePoolRequest(request), () => undefined)
}

const readType = Schema.decodeUnknownEffect(
  Schema.Struct({ type: Schema.Literals(["continuous", "debounce", "task", "workerPool"]) })
)

/** Validates a request, which may come from code that was not type-checked; names the invalid field. */
export const readRequest = <R>(request: R): Effect.Effect<R, InvalidInput> =>
  readType(request).pipe(
    Effect.flatMapEager(({ type }) => readers[type](request)),
    Effect.mapBothEager({
      onSuccess: () => request,
      onFailure: (error) => {
        const { field, problem } = describeIssue("", error)
        return new InvalidInput({ target: "request", field: field === "" ? "request" : field.slice(1), problem })
      }
    })
  )
