import type { Entry, EntryChange, EntryRange } from "../HostPort.ts"

const encoder = new TextEncoder()

/** UTF-8 order, which JavaScript's own string comparison does not give. */
const compare = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The rows beside one instance, in key order. */
export class SortedEntries {
  #rows: Array<{ readonly order: Uint8Array; readonly entry: Entry }> = []

  get isEmpty(): boolean {
    return this.#rows.length === 0
  }

  /** Index of the first row that does not come before. */
  #indexOf(order: Uint8Array): number {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = this.#rows[middle]
      if (row !== undefined && compare(row.order, order) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  change(key: string, change: EntryChange): void {
    const order = encoder.encode(key)
    const index = this.#indexOf(order)
    const isThere = this.#rows[index]?.entry.key === key
    const rows = change === null ? [] : [{ order, entry: { key, ...change } }]
    this.#rows.splice(index, isThere ? 1 : 0, ...rows)
  }

  get(key: string): Entry | undefined {
    const entry = this.#rows[this.#indexOf(encoder.encode(key))]?.entry
    return entry?.key === key ? entry : undefined
  }

  range({ after, limit, prefix }: EntryRange): ReadonlyArray<Entry> {
    const found: Array<Entry> = []
    for (let index = this.#indexOf(encoder.encode(after ?? prefix)); found.length < limit; index++) {
      const row = this.#rows[index]
      if (row === undefined || !row.entry.key.startsWith(prefix)) break
      if (row.entry.key !== after) found.push(row.entry)
    }
    return found
  }

  removeExpired(now: number): void {
    this.#rows = this.#rows.filter(({ entry }) => entry.expiresAt === null || entry.expiresAt > now)
  }
}
