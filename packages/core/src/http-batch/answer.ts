import { Option, Predicate } from "effect"
import { maxAnswerBytes } from "./Transport.ts"

export interface Rejection {
  readonly detail: string
  /** Whether the endpoint might accept the event later. */
  readonly retryable: boolean
}

/** What the endpoint says about the events of an acknowledged batch. */
export interface Verdicts {
  readonly duplicates: number
  /** By index into the batch; events not listed are stored. */
  readonly rejected: ReadonlyMap<number, Rejection>
  /** Which part of the response could not be read, as text: rejected events may be counted as delivered. */
  readonly unread?: string
}

/**
 * How many bytes of the response to read for a batch of this many events: each may have been rejected with some text.
 */
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

/** One entry of `rejected`. Only the index is needed; the rest is for the log. */
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
 * Parses the body of a 2xx response to a batch of this many events. An endpoint that says nothing we understand has
 * accepted all of them; if it seems to have said something, `unread` says what.
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

/** Whether a response is an RFC 9457 problem, hence sent by an API and not by a proxy in front of it. */
export const isProblem = (contentType: string | undefined): boolean =>
  /^application\/problem\+json\s*(;|$)/i.test(contentType ?? "")

/** What a non-2xx response says, in one short line: the detail of a problem (RFC 9457) or the beginning of the body. */
export const problemOf = (text: string): string => {
  const answer = Option.getOrUndefined(parse(text))
  const { detail, title } = Predicate.isObject(answer) ? answer : {}
  const said = [detail, title].find((part) => typeof part === "string") ?? text
  return said.replaceAll(/\s+/g, " ").slice(0, 200)
}
