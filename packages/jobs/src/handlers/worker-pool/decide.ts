import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import { type PoolRecord, waitingIn } from "../../engine/PoolRecord.ts"
import { isOverdue } from "../../execution/nextRetry.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import { unstorableText } from "../../unstorableText.ts"
import { type Item, kinds, type Place } from "./rows.ts"

const utf8 = new TextEncoder()
const maxTextBytes = 200

/** What is wrong with an item's id or partition key, if anything. */
export const textProblem = (text: unknown): string | undefined => {
  if (typeof text !== "string" || text === "") return "must be a text that is not empty"
  const unstorable = unstorableText(text)
  if (unstorable !== undefined) return unstorable
  const bytes = utf8.encode(text).byteLength
  return bytes <= maxTextBytes ? undefined : `has ${bytes} bytes; the most is ${maxTextBytes}`
}

/** The shard of a key, stable forever: 32 bits of FNV-1a over its UTF-8. */
export const shardOf = (key: string, shards: number): number => {
  let hash = 0x811c9dc5
  for (const byte of utf8.encode(key)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % shards
}

/**
 * How many items a shard runs at a time, at least one. A shard that the definition no longer has finishes its items one
 * by one.
 */
export const shareOf = (
  { concurrency, shards }: { readonly concurrency: number; readonly shards: number },
  shard: number
): number => shard < shards ? Math.max(1, Math.floor(concurrency / shards) + (shard < concurrency % shards ? 1 : 0)) : 1

export const isWaiting = ({ key }: Place): boolean =>
  key !== null && [kinds.ready, kinds.behind, kinds.retry].some((kind) => key.startsWith(kind))

/** Whether an item with this id exists, so that it is not enqueued again. */
export const isThere = (place: Place | undefined): place is Place => place !== undefined && place.key !== null

/** 1 for the next, 0 for an item that is no longer queued. */
export const positionOf = (place: Place, pool: PoolRecord | undefined): number =>
  pool === undefined || !isWaiting(place)
    ? 0
    : Math.min(Math.max(1, place.place - pool.departed), waitingIn(pool))

export const lifeAfter = (before: Place | undefined, incarnationId: string): number =>
  before?.incarnationId === incarnationId ? before.life + 1 : 1

export const executionIdOf = (incarnationId: string, itemId: string, life: number): string =>
  `${incarnationId}:i${itemId}${life === 1 ? "" : `.${life}`}`

/** One attempt of an item, as known in memory. */
export interface ItemAttempt {
  readonly item: Item
  readonly runCount: number
  readonly attempt: number
  /** When the execution's first attempt began. */
  readonly firstAttemptAt: number
  readonly begunAt: number
  /** Whether it had begun before, and nobody was running it. */
  readonly isRecovered: boolean
}

/** The decision on an item's turn. */
export const attemptOf = (
  item: Item,
  { now, runCount }: { readonly now: number; readonly runCount: number }
): ItemAttempt => ({
  item,
  runCount: item.begun?.runCount ?? runCount,
  attempt: item.begun?.attempt ?? 1,
  firstAttemptAt: item.begun?.firstAttemptAt ?? now,
  begunAt: now,
  isRecovered: item.begun !== undefined && item.begun.retryAt === null
})

/** Whether the pending retry comes too late to begin. */
export const isTooLate = (
  { attempt, begunAt, firstAttemptAt, isRecovered }: ItemAttempt,
  policy: RetryPolicy | undefined
) => attempt > 1 && !isRecovered && isOverdue(policy, firstAttemptAt, begunAt)

/** Whether items may begin. */
export const isWorking = (
  record: InstanceRecord | undefined
): record is InstanceRecord & { readonly pool: PoolRecord } =>
  record?.pool !== undefined && !record.quarantined && !record.pool.paused && record.pool.terminating === null

export const isTerminating = (record: InstanceRecord | undefined): boolean =>
  record?.pool !== undefined && record.pool.terminating !== null
