import type { PgProtocol } from "@effect/sql-pg"
import { randomInt } from "node:crypto"

/** A UUID as four signed words of 32 bits, the most significant first. */
export type RowId = readonly [number, number, number, number]

/** Tells the ids of this process from those that others make in the same millisecond. */
const ofProcess = [randomInt(2 ** 10), randomInt(2 ** 32) | 0] as const

const last = { millis: 0, count: 0 }

/**
 * The id of a new row: a UUID of version 7, greater than all before it, so that its index stays dense. The columns'
 * own default, `gen_random_uuid()`, takes PostgreSQL 1 µs, and an event inserts or updates two rows. The machine's clock
 * only puts the ids of one process after those of the last: nothing else depends on it. An id is words rather than text,
 * which the driver would have to read.
 */
export const nextRowId = (): RowId => {
  const now = Date.now()
  // A clock that goes back does not take the ids with it.
  if (now > last.millis || last.count === 2 ** 32) {
    last.millis = Math.max(now, last.millis + 1)
    last.count = 0
  }
  const { millis } = last
  const count = last.count++
  return [
    Math.floor(millis / 2 ** 16) | 0,
    (millis << 16) | 0x7000 | (count >>> 20),
    0x8000_0000 | ((count & 0xf_ffff) << 10) | ofProcess[0],
    ofProcess[1]
  ]
}

export const isRowId = (value: unknown): value is RowId => Array.isArray(value) && value.length === 4

export const writeRowId = (sink: PgProtocol.ValueSink, id: RowId): void => {
  sink.int32(id[0])
  sink.int32(id[1])
  sink.int32(id[2])
  sink.int32(id[3])
}
