import { Effect, Predicate, Schema } from "effect"
import { InvalidInput } from "./errors.ts"
import { describeIssue } from "./services/schemaIssue.ts"
import { unstorableText } from "./unstorableText.ts"

/** What all requests have in common; `input` and `event` are the definition's to judge, the id's text the handler's. */
const mutation = {
  dedupeKey: Schema.optional(
    Schema.NonEmptyString.check(Schema.isMaxLength(255), Schema.makeFilter((key: string) => unstorableText(key)))
  ),
  parentIncarnationId: Schema.optional(Schema.String.check(Schema.isMaxLength(255)))
}

const isTextOrNone = (value: unknown) => value === undefined || typeof value === "string" && value.length <= 255

/** What most requests to an instance are, and their schema need not be asked about. */
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

/** Proves that a request, which may come from outside of the compiler's sight, is one; says which field is not. */
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
