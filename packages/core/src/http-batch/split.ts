/** What one request may hold. */
export interface BatchLimits {
  /** Most events. */
  readonly batchSize: number
  /** Most bytes of UTF-8, separators included. */
  readonly maxBatchBytes: number
}

/** Anything whose size on the wire is known. */
export interface Sized {
  /** Bytes of UTF-8. */
  readonly bytes: number
}

/** One byte of comma between two events. */
export const separatorBytes = 1

/** Bytes that items take in a body, separators included. */
export const bytesOf = (items: ReadonlyArray<Sized>): number =>
  items.reduce((sum, item) => sum + item.bytes, Math.max(items.length - 1, 0) * separatorBytes)

/** How many of the first items fit into one batch. At least one: an event that fits nowhere still has to go. */
export const fitting = (items: Iterable<Sized>, limits: BatchLimits): number => {
  let count = 0
  let bytes = -separatorBytes
  for (const item of items) {
    bytes += item.bytes + separatorBytes
    if (count > 0 && (count >= limits.batchSize || bytes > limits.maxBatchBytes)) break
    count += 1
  }
  return count
}

/** Cuts items into batches that keep the limits, in order. */
export const pack = <I extends Sized>(
  items: ReadonlyArray<I>,
  limits: BatchLimits
): ReadonlyArray<ReadonlyArray<I>> => {
  const batches: Array<ReadonlyArray<I>> = []
  for (let rest = items; rest.length > 0;) {
    const count = fitting(rest, limits)
    batches.push(rest.slice(0, count))
    rest = rest.slice(count)
  }
  return batches
}

/** Cuts a refused batch in two, in order. Of one event there is nothing to cut: the second half is empty. */
export const halve = <I>(items: ReadonlyArray<I>): readonly [ReadonlyArray<I>, ReadonlyArray<I>] => {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)]
}
