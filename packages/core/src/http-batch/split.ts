/** The limits of one request. */
export interface BatchLimits {
  /** Maximum number of events. */
  readonly batchSize: number
  /** Maximum bytes of UTF-8, separators included. */
  readonly maxBatchBytes: number
}

/** Anything whose wire size is known. */
export interface Sized {
  /** Bytes of UTF-8. */
  readonly bytes: number
}

/** Events and their JSON. */
export interface Content<I extends Sized> {
  readonly items: ReadonlyArray<I>
  /** The inside of a JSON array: the items in order, separated by commas. */
  readonly json: Uint8Array<ArrayBuffer>
}

/** Bytes of the comma between two events. */
export const separatorBytes = 1

/** Bytes of the commas between this many events. */
export const bytesBetween = (count: number): number => Math.max(count - 1, 0) * separatorBytes

/** How many of the first items fit into one batch. At least one: an oversized event still has to be sent. */
export const fitting = (
  items: { readonly length: number; at(index: number): Sized | undefined },
  limits: BatchLimits
): number => {
  const most = Math.min(items.length, limits.batchSize)
  let bytes = -separatorBytes
  for (let count = 0; count < most; count++) {
    bytes += separatorBytes + (items.at(count)?.bytes ?? 0)
    if (bytes > limits.maxBatchBytes) return Math.max(count, 1)
  }
  return most
}

/** A selection of the items, in order. */
export const select = <I extends Sized>(
  { items, json }: Content<I>,
  isWanted: (item: I, index: number) => boolean
): Content<I> => {
  const wanted: Array<I> = []
  const copy = new Uint8Array(json.length + separatorBytes)
  let from = 0
  let to = 0
  items.forEach((item, index) => {
    const next = from + item.bytes + separatorBytes
    if (isWanted(item, index)) {
      wanted.push(item)
      copy.set(json.subarray(from, next), to)
      to += next - from
    }
    from = next
  })
  return { items: wanted, json: copy.slice(0, Math.max(to - separatorBytes, 0)) }
}

/** Splits a refused batch in two, in order. A single event cannot be split: the second half is empty. */
export const halve = <I extends Sized>(content: Content<I>): readonly [Content<I>, Content<I>] => {
  const middle = Math.ceil(content.items.length / 2)
  return [select(content, (_, index) => index < middle), select(content, (_, index) => index >= middle)]
}
