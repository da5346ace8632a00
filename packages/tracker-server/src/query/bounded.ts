/** Maximum bytes per page; its first entry may be larger. */
export const maxPageBytes = 4 * 1024 * 1024

/** Maximum entries of a list that is part of a response and has no limit of its own. */
export const maxEntries = 10_000

/** As many entries as fit, but at least one if there is any. */
export interface Bounded<A> {
  readonly entries: ReadonlyArray<A>
  readonly isLast: boolean
}

/** Cuts a list that has up to one entry more than the limit, at the limit and at about 4 MiB. */
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
