import type { OutboxRow } from "../HostPort.ts"

/** Pending events, in order of position. */
export class Outbox {
  #rows: Array<OutboxRow> = []
  #lastPosition = 0

  add(events: ReadonlyArray<string>): void {
    this.#rows.push({ position: ++this.#lastPosition, events })
  }

  peek(limit: number, after: number): ReadonlyArray<OutboxRow> {
    const from = this.#rows.findIndex(({ position }) => position > after)
    return from < 0 ? [] : this.#rows.slice(from, from + limit)
  }

  /** Usually the first ones, which costs nothing for those behind them. */
  remove(positions: ReadonlyArray<number>): void {
    const gone = new Set(positions)
    const isGone = (row: OutboxRow) => gone.delete(row.position)
    const firstLeft = this.#rows.findIndex((row) => !isGone(row))
    this.#rows.splice(0, firstLeft < 0 ? this.#rows.length : firstLeft)
    if (gone.size > 0) this.#rows = this.#rows.filter((row) => !isGone(row))
  }
}
