import { Option, Schema } from "effect"

const Answer = Schema.fromJsonString(Schema.Struct({
  duplicates: Schema.optionalKey(Schema.Number),
  rejected: Schema.optionalKey(Schema.Array(Schema.Struct({
    index: Schema.Int,
    code: Schema.optionalKey(Schema.String),
    detail: Schema.optionalKey(Schema.String),
    retryable: Schema.optionalKey(Schema.Boolean)
  })))
}))
const decodeAnswer = Schema.decodeUnknownOption(Answer)

export interface Rejection {
  readonly detail: string
  /** Whether the endpoint might take the event later. */
  readonly retryable: boolean
}

/** What the endpoint says about the events of an acknowledged batch. */
export interface Verdicts {
  readonly duplicates: number
  /** By index into the batch; what is not in here is stored. */
  readonly rejected: ReadonlyMap<number, Rejection>
}

/** Reads the body of a 2xx answer. An endpoint that says nothing we understand has taken everything. */
export const verdictsOf = (text: string): Verdicts =>
  Option.match(decodeAnswer(text), {
    onNone: () => ({ duplicates: 0, rejected: new Map() }),
    onSome: ({ duplicates = 0, rejected = [] }) => ({
      duplicates,
      rejected: new Map(
        rejected.map(({ code = "rejected", detail = "", index, retryable = false }) => [
          index,
          { detail: `${code}: ${detail}`, retryable }
        ])
      )
    })
  })

const Problem = Schema.fromJsonString(Schema.Struct({
  title: Schema.optionalKey(Schema.String),
  detail: Schema.optionalKey(Schema.String)
}))
const decodeProblem = Schema.decodeUnknownOption(Problem)

/** Whether an answer is a problem by RFC 9457: said by an API, and not by some proxy before it. */
export const isProblem = (contentType: string | undefined): boolean =>
  /^application\/problem\+json\s*(;|$)/i.test(contentType ?? "")

/** What an answer other than 2xx says, in one short line: the detail of a problem (RFC 9457) or the body's beginning. */
export const problemOf = (text: string): string => {
  const { detail, title } = Option.getOrElse(decodeProblem(text), () => ({ detail: undefined, title: undefined }))
  return (detail ?? title ?? text).replaceAll(/\s+/g, " ").slice(0, 200)
}
