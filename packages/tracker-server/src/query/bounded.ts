/** Bytes at which a page ends; its first entry may have more. */
export const maxPageBytes = 4 * 1024 * 1024

/** Most entries of a list that is part of an answer, and has no limit of its own. */
export const maxEntries = 10_000

/** As many entries as fit, at least one where there is one. */
export interface Bounded<A> {
  readonly entries: ReadonlyArray<A>
  readonly isLast: boolean
}

/** Cuts a list of one entry more than may be at so many entries and about 4 MiB. */
export const bounded = <A>(
  found: ReadonlyArray<A>,
  bytesOf: (entry: A) => number,
  most: number = maxEntries
): Bounded<A> => {
  let end = 0
  for (let bytes = 0; end < found.length && end < most; end++) {
    const entry = found[end]
    if (entry === undefined || (bytes > 0 && bytes + bytesOf(entry) > maxPageBytes)) break
    bytes += bytesOf(entry)
  }
  return { entries: found.slice(0, end), isLast: end === found.length }
}
