import type { StoredEvents } from "./requests.ts"

/** Maximum size kept, in UTF-16 units of text. */
const mostKept = 16 * 1024 * 1024

/** Maximum size of events read at once, unless one row is larger, in UTF-16 units of text. */
export const mostPeeked = 4 * 1024 * 1024

const sizeOf = ({ lines }: StoredEvents) => lines.length

/**
 * The newest rows of the outbox as committed, in order of position, so that a drain that keeps up need not read them
 * back: nobody else writes to the file.
 */
export class RecentRows {
  #rows: Array<StoredEvents> = []
  #size = 0
  /** All rows after this position are here; undefined before there is one. */
  #after: number | undefined
  /** Whether the file has no rows up to that position. */
  #areAll = false

  add(row: StoredEvents): void {
    this.#after ??= row.position - 1
    // Whoever has written for others as well learns of his own row last.
    const at = this.#rows.findLastIndex(({ position }) => position < row.position) + 1
    if (at === this.#rows.length) this.#rows.push(row)
    else this.#rows.splice(at, 0, row)
    this.#size += sizeOf(row)
    if (this.#size <= mostKept) return
    const kept = this.#rows.findIndex((old) => (this.#size -= sizeOf(old)) <= mostKept / 2)
    const gone = this.#rows.splice(0, kept + 1)
    this.#after = gone.at(-1)?.position ?? this.#after
    this.#areAll = false
  }

  /** The first rows after a position; undefined if there may be others in the file. */
  peek(limit: number, after: number): ReadonlyArray<StoredEvents> | undefined {
    if (this.#after === undefined || !(this.#areAll || after >= this.#after)) return undefined
    const found: Array<StoredEvents> = []
    let size = 0
    for (const row of this.#rows) {
      if (found.length >= limit || size >= mostPeeked) break
      if (row.position <= after) continue
      found.push(row)
      size += sizeOf(row)
    }
    return found
  }

  /** Records the first row found in the file. */
  learn(first: StoredEvents | undefined): void {
    if (first === undefined || (this.#after !== undefined && first.position > this.#after)) this.#areAll = true
  }

  /** Usually the first ones. */
  remove(positions: ReadonlyArray<number>): void {
    const gone = new Set(positions)
    const firstLeft = this.#rows.findIndex(({ position }) => !gone.has(position))
    const first = this.#rows.splice(0, firstLeft < 0 ? this.#rows.length : firstLeft)
    if (first.length < gone.size) {
      const isGone = ({ position }: StoredEvents) => gone.has(position)
      first.push(...this.#rows.filter(isGone))
      this.#rows = this.#rows.filter((row) => !isGone(row))
    }
    for (const row of first) this.#size -= sizeOf(row)
  }
}
