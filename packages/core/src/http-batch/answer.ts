import { Option, Predicate } from "effect"
import { maxAnswerBytes } from "./Transport.ts"

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
  /** What of the answer could not be read, in words: events may count as delivered that were rejected. */
  readonly unread?: string
}

/** Bytes of the answer to read for a batch of so many events: each of them may have been rejected, in some words. */
export const answerBytesFor = (events: number): number => Math.max(maxAnswerBytes, 1024 * events)

const none: Verdicts = { duplicates: 0, rejected: new Map() }

const parse = (text: string): Option.Option<unknown> => {
  try {
    return Option.some(JSON.parse(text))
  } catch {
    return Option.none()
  }
}

const beginning = (value: unknown): string => JSON.stringify(value).slice(0, 100)

/** One entry of `rejected`. Only what says which event is meant is needed; the rest is for the log. */
const rejectionOf = (entry: unknown, events: number): readonly [index: number, Rejection] | undefined => {
  if (!Predicate.isObject(entry)) return undefined
  const { code, detail, index, retryable } = entry
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= events) return undefined
  const words = [typeof code === "string" ? code : "rejected", ...(typeof detail === "string" ? [detail] : [])]
  return [index, { detail: words.join(": "), retryable: retryable === true }]
}

const rejectionsOf = (entries: ReadonlyArray<unknown>, events: number): Omit<Verdicts, "duplicates"> => {
  const rejected = new Map<number, Rejection>()
  const odd: Array<unknown> = []
  for (const entry of entries) {
    const rejection = rejectionOf(entry, events)
    if (rejection === undefined) odd.push(entry)
    else rejected.set(...rejection)
  }
  if (odd.length === 0) return { rejected }
  const unread = `${odd.length} of ${entries.length} entries of \`rejected\` have no \`index\` below ${events}: ${
    beginning(odd[0])
  }`
  return { rejected, unread }
}

/**
 * Reads the body of a 2xx answer to a batch of so many events. An endpoint that says nothing we understand has taken
 * everything; when it seems to have said something, `unread` tells so.
 */
export const verdictsOf = (text: string, events: number): Verdicts => {
  const parsed = parse(text)
  if (Option.isNone(parsed)) {
    return /^\s*[[{]/.test(text)
      ? { ...none, unread: `its JSON does not end within the ${text.length} characters that were read` }
      : none
  }
  const answer = parsed.value
  const { duplicates: counted, rejected = [] }: Readonly<Record<string, unknown>> = Predicate.isObject(answer)
    ? answer
    : { rejected: null }
  if (!Array.isArray(rejected)) return { ...none, unread: `${beginning(answer)} has no list \`rejected\`` }
  const duplicates = typeof counted === "number" && Number.isInteger(counted) && counted >= 0 ? counted : 0
  return { duplicates, ...rejectionsOf(rejected, events) }
}

/** Whether an answer is a problem by RFC 9457: said by an API, and not by some proxy before it. */
export const isProblem = (contentType: string | undefined): boolean =>
  /^application\/problem\+json\s*(;|$)/i.test(contentType ?? "")

/** What an answer other than 2xx says, in one short line: the detail of a problem (RFC 9457) or the body's beginning. */
export const problemOf = (text: string): string => {
  const answer = Option.getOrUndefined(parse(text))
  const { detail, title } = Predicate.isObject(answer) ? answer : {}
  const said = [detail, title].find((part) => typeof part === "string") ?? text
  return said.replaceAll(/\s+/g, " ").slice(0, 200)
}
