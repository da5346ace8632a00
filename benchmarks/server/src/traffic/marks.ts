import { randomBytes } from "node:crypto"

/**
 * What is to differ each time that a tape is played. Marks are valid ids, traces and instants themselves, and what is put
 * in their place is as long as they are:
 *
 * - `00000000-0000-7…`: an id. Its first 13 characters become the time of the pass, as in a UUIDv7, so that ids ascend.
 * - `000000000000cafe…`: a trace. Its first 12 characters become random, another for each.
 * - `2000-01-01T00:00:…`: an instant, so many seconds after the begin of a pass.
 */
const idMark = "00000000-0000-7"
const traceMark = "000000000000cafe"
const secondMark = "2000-01-01T00:00:"

const hex = (value: number, length: number) => value.toString(16).padStart(length, "0")

/** No id needs more: 12 bits of a UUIDv7 that may be a counter. */
const mostIds = 4096
const mostTraces = 512
const mostSeconds = 60

const within = (value: number, most: number, what: string) => {
  if (value >= most || value < 0) throw new Error(`a tape has room for ${most} ${what}`)
  return value
}

export const marks = {
  id: (nth: number) => `${idMark}${hex(within(nth, mostIds, "ids"), 3)}-8000-${randomBytes(6).toString("hex")}`,
  trace: (nth: number) => `${traceMark}${hex(within(nth, mostTraces, "traces"), 16)}`,
  second: (seconds: number) => `${secondMark}${String(within(seconds, mostSeconds, "seconds")).padStart(2, "0")}`
}

/** Where a mark is in a text that has characters of one byte alone, and which of its kind. */
export interface MarkAt {
  readonly kind: "id" | "trace" | "second"
  readonly offset: number
  /** Of a trace its number, of an instant its seconds, of an id nothing. */
  readonly nth: number
}

const pattern = /00000000-0000-7|000000000000cafe([0-9a-f]{16})|2000-01-01T00:00:(\d\d)/g

export const marksIn = (text: string): ReadonlyArray<MarkAt> =>
  Array.from(text.matchAll(pattern), ({ 1: trace, 2: second, index }): MarkAt =>
    trace !== undefined
      ? { kind: "trace", offset: index, nth: Number.parseInt(trace, 16) }
      : second !== undefined
      ? { kind: "second", offset: index, nth: Number(second) }
      : { kind: "id", offset: index, nth: 0 })

/** One playing of a tape: what is put in place of its marks. */
export interface Pass {
  readonly id: string
  readonly trace: (nth: number) => string
  readonly second: (nth: number) => string
}

let lastMs = 0

/** A pass that begins now. No two of a process have the same ids. */
export const newPass = (): Pass => {
  lastMs = Math.max(lastMs + 1, Date.now())
  const time = hex(lastMs, 12)
  const random = randomBytes(6 * mostTraces).toString("hex")
  const seconds = Array.from(
    { length: mostSeconds },
    (_, second) => new Date(lastMs + second * 1000).toISOString().slice(0, 19)
  )
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}`,
    trace: (nth) => random.slice(nth * 12, nth * 12 + 12),
    second: (nth) => seconds[nth] ?? ""
  }
}

/** What is put in place of a mark. */
export const markText = (pass: Pass, { kind, nth }: MarkAt): string => kind === "id" ? pass.id : pass[kind](nth)

/** For SQL that copies rows which have marks. */
export const markTexts = { id: idMark, second: secondMark }
