import type { DeliveryVerdict } from "@durable-effect/core"
import type { OutboxRow } from "../host/HostPort.ts"

/** The part of one row that is delivered together: usually all of it. */
interface Piece {
  readonly row: OutboxRow
  /** Which of its events; undefined for all. */
  readonly indices: ReadonlyArray<number> | undefined
}

/** What is passed to the tracker at once. */
export interface Parcel {
  readonly texts: Array<string>
  readonly pieces: Array<Piece>
}

const isFinal = (verdict: DeliveryVerdict | undefined): boolean => verdict === "delivered" || verdict === "rejected"

/**
 * Tracks what has a verdict but is not yet deleted by the host: whole rows, or events by index. It need not be sent
 * again while the disk is full, or other events of its row are pending.
 */
export class Judged {
  readonly #rows = new Map<number, "all" | Set<number>>()

  /** Everything without a verdict, in parcels of at most this many events. */
  parcels(rows: ReadonlyArray<OutboxRow>, eventsAtOnce: number): ReadonlyArray<Parcel> {
    const parcels: Array<Parcel> = []
    let parcel: Parcel = { texts: [], pieces: [] }
    const roomFor = (count: number) => {
      if (parcels.length > 0 && parcel.texts.length + count <= eventsAtOnce) return parcel
      parcel = { texts: [], pieces: [] }
      parcels.push(parcel)
      return parcel
    }
    const add = (row: OutboxRow, indices: ReadonlyArray<number>) => {
      const { pieces, texts } = roomFor(indices.length)
      pieces.push({ row, indices })
      for (const index of indices) texts.push(row.events[index] ?? "")
    }
    for (const row of rows) {
      const { events, position } = row
      const ofRow = this.#rows.get(position)
      if (ofRow === "all") continue
      if (ofRow === undefined && events.length <= eventsAtOnce) {
        const { pieces, texts } = roomFor(events.length)
        pieces.push({ row, indices: undefined })
        for (const text of events) texts.push(text)
        continue
      }
      const open = Array.from(events.keys()).filter((index) => ofRow?.has(index) !== true)
      for (let from = 0; from < open.length; from += eventsAtOnce) add(row, open.slice(from, from + eventsAtOnce))
    }
    return parcels
  }

  /** Records the verdicts of a parcel's events, in order. Returns whether all of them are final. */
  note({ pieces, texts }: Parcel, verdicts: ReadonlyArray<DeliveryVerdict>): boolean {
    const allAre = texts.every((_, nth) => isFinal(verdicts[nth]))
    let nth = 0
    for (const { indices, row } of pieces) {
      if (indices === undefined && allAre) this.#rows.set(row.position, "all")
      else for (const index of indices ?? row.events.keys()) if (isFinal(verdicts[nth++])) this.#add(row, index)
    }
    return allAre
  }

  #add({ events, position }: OutboxRow, index: number): void {
    const ofRow = this.#rows.get(position) ?? new Set()
    if (ofRow === "all") return
    ofRow.add(index)
    this.#rows.set(position, ofRow.size === events.length ? "all" : ofRow)
  }

  isAllOf({ position }: OutboxRow): boolean {
    return this.#rows.get(position) === "all"
  }

  /** Forgets these rows, as the host has. */
  forget(rows: ReadonlyArray<OutboxRow>): void {
    for (const { position } of rows) this.#rows.delete(position)
  }
}
