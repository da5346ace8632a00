/** A position in a tenant's stream: everything committed before it has been seen, nothing from it on. */
export interface StreamPosition {
  /** A transaction id, which PostgreSQL never reuses. */
  readonly transaction: bigint
  /** How many of this transaction's events precede it. */
  readonly ordinal: number
}

/** After all earlier transactions, before this one's own events. */
export const beginningOf = (transaction: bigint): StreamPosition => ({ transaction, ordinal: 0 })

/** Before every event. */
export const beginning = beginningOf(0n)

/** The position right after an event. */
export const after = (transaction: bigint, ordinal: number): StreamPosition => ({ transaction, ordinal: ordinal + 1 })

export const isBefore = (left: StreamPosition, right: StreamPosition): boolean =>
  left.transaction < right.transaction ||
  (left.transaction === right.transaction && left.ordinal < right.ordinal)

/** As the `id` of a message: `1234-5`. */
export const formatPosition = ({ ordinal, transaction }: StreamPosition): string => `${transaction}-${ordinal}`

const maxTransaction = 2n ** 64n - 1n
const maxOrdinal = 2 ** 31 - 1

/** Parses an id written by `formatPosition`; `undefined` if it is invalid. */
export const parsePosition = (id: string): StreamPosition | undefined => {
  const [, transaction, ordinal] = /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,9})$/.exec(id) ?? []
  if (transaction === undefined || ordinal === undefined) return undefined
  const position = { transaction: BigInt(transaction), ordinal: Number(ordinal) }
  return position.transaction <= maxTransaction && position.ordinal <= maxOrdinal ? position : undefined
}
