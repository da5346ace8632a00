import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { isAtWork, newPool, type PoolRecord } from "../../engine/PoolRecord.ts"
import { type Item, keys, type Place } from "./rows.ts"

/** How long the lives of an id are counted after its item is done, milliseconds. */
const livesKeptForMs = 30 * 24 * 3_600_000

export const poolOf = (record: InstanceRecord): PoolRecord => record.pool ?? newPool

/** The pool as the step has it. */
export const poolIn = (step: JobStep): PoolRecord => poolOf(recordOf(step))

/** Changes the record's pool data. */
export const alter = (step: JobStep, change: Partial<PoolRecord>): void => {
  const record = recordOf(step)
  const before = poolOf(record)
  const busySince = isAtWork(before) ? before.busySince : step.clock.currentTimeMillisUnsafe()
  step.record = { ...record, pool: { ...before, ...change, busySince } }
}

export const put = (step: JobStep, key: string, value: object, expiresAt: number | null = null): void => {
  step.entries.set(key, { value: JSON.stringify(value), expiresAt })
}

export const remove = (step: JobStep, key: string): void => {
  step.entries.set(key, null)
}

/** Records where the item with an id is. */
export const setPlace = (step: JobStep, { itemId, life }: Item, key: string | null, place: number): Place => {
  const at: Place = { key, incarnationId: recordOf(step).incarnationId, life, place }
  put(step, keys.item(itemId), at)
  return at
}

/** Records that there is no item with an id any more. Its lives in this incarnation are remembered for a while. */
export const clearPlace = (step: JobStep, itemId: string, was: Omit<Place, "key" | "place">): void => {
  if (step.record?.incarnationId !== was.incarnationId) return remove(step, keys.item(itemId))
  const at: Place = { key: null, incarnationId: was.incarnationId, life: was.life, place: 0 }
  put(step, keys.item(itemId), at, step.clock.currentTimeMillisUnsafe() + livesKeptForMs)
}

/** The item is done; its id may be reused. */
export const forget = (step: JobStep, { isOwnId, itemId, life }: Item): void => {
  // Nobody knew a generated id before, so nobody enqueues it again on his own account.
  if (isOwnId) remove(step, keys.item(itemId))
  else clearPlace(step, itemId, { incarnationId: recordOf(step).incarnationId, life })
}

/** The item begins, or never will: it leaves the queue. */
export const leaveReady = (step: JobStep, item: Item): void => {
  remove(step, keys.ready(item))
  const { departed, ready } = poolIn(step)
  alter(step, { ready: ready - 1, departed: departed + 1 })
}
