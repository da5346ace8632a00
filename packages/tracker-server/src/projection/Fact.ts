/**
 * One projected field, with the key that decides which event determines it. Every merge below is associative,
 * commutative and idempotent, so rows come out the same in whatever order, and however often, events arrive.
 */
export interface Fact<out A> {
  /** Made by `factKey` from the event alone; `""` if no event has set the field yet. */
  readonly key: string
  readonly value: A
}

/** The fact of a field that no event has set yet. */
export const unknownFact: Fact<null> = { key: "", value: null }

/** A UTF-16 unit's place in the order of code points: surrogates stand for those above all other units. */
const place = (unit: number): number => unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800

/** Compares by UTF-8 bytes, like PostgreSQL's `COLLATE "C"`; UTF-16 units order surrogates differently. */
export const compareBytes = (left: string, right: string): number => {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i)
    const b = right.charCodeAt(i)
    if (a !== b) return place(a) - place(b)
  }
  return left.length - right.length
}

/** The last fact wins. */
export const latest = <A>(left: Fact<A>, right: Fact<A>): Fact<A> =>
  right.key === "" ? left : left.key === "" || compareBytes(right.key, left.key) > 0 ? right : left

/** The first fact wins. */
export const earliest = <A>(left: Fact<A>, right: Fact<A>): Fact<A> =>
  right.key === "" ? left : left.key === "" || compareBytes(right.key, left.key) < 0 ? right : left

/** First character of the keys of terminal facts; sorts after those of all non-terminal ones. */
export const endRank = "2"

/**
 * A terminal fact beats a non-terminal one, whatever the times; the first terminal and the last non-terminal fact wins.
 */
export const prevailing = <A>(left: Fact<A>, right: Fact<A>): Fact<A> =>
  left.key.startsWith(endRank) && right.key.startsWith(endRank) ? earliest(left, right) : latest(left, right)

/** A natural number as text that sorts numerically: its length as a letter, then its digits. */
const sortable = (n: number): string => n === 0 ? "0" : `${String.fromCharCode(96 + String(n).length)}${n}`

interface Spoken {
  readonly eventId: string
  readonly occurredAt: string
  readonly sequence: number
}

/**
 * The last event that a key was made from, and its keys: most of its facts have one of two or three. They stay right
 * because events are never changed.
 */
const recent: { event: Spoken | undefined; keys: Array<{ rank: string; tie: string; key: string }> } = {
  event: undefined,
  keys: []
}

/** Sorts by rank, instant, sequence, `tie`, then event id. `rank` and `tie` are one character each. */
export const factKey = (event: Spoken, rank: string, tie = "0"): string => {
  if (recent.event !== event) {
    recent.event = event
    recent.keys = []
  }
  for (const known of recent.keys) {
    if (known.rank === rank && known.tie === tie) return known.key
  }
  const key = `${rank}${event.occurredAt}${sortable(event.sequence)}${tie}${event.eventId}`
  recent.keys.push({ rank, tie, key })
  return key
}

/** The event that a key was made from. */
export interface SpokenBy {
  readonly eventId: string
  readonly occurredAt: string
}

const instantLength = "2026-01-11T10:00:00.000000Z".length

/** Length of a `sortable` number. */
const sortableLength = (text: string, at: number): number => text[at] === "0" ? 1 : text.charCodeAt(at) - 96 + 1

/** The event that a `factKey` was made from; null if no event has set the field yet. */
export const spokenBy = (key: string): SpokenBy | null => {
  if (key === "") return null
  const end = 1 + instantLength
  // The tie-breaker follows the sequence.
  return { occurredAt: key.slice(1, end), eventId: key.slice(end + sortableLength(key, end) + 1) }
}

/** The event that a `sequenceKey` was made from; null if no event has set the field yet. */
export const spokenInSequence = (key: string): SpokenBy | null => {
  if (key === "") return null
  const start = sortableLength(key, 0)
  return { occurredAt: key.slice(start, start + instantLength), eventId: key.slice(start + instantLength) }
}

/** Sorts by sequence first: for what an incarnation reports in its own order. */
export const sequenceKey = (event: Spoken): string => `${sortable(event.sequence)}${event.occurredAt}${event.eventId}`

/** The lesser of two texts by `COLLATE "C"`; null if both are. */
export const least = (left: string | null, right: string | null): string | null =>
  left === null ? right : right === null ? left : compareBytes(right, left) < 0 ? right : left

/** The greater of two texts by `COLLATE "C"`; null if both are. */
export const greatest = (left: string | null, right: string | null): string | null =>
  left === null ? right : right === null ? left : compareBytes(right, left) > 0 ? right : left
