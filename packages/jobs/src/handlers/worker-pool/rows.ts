import { EventError } from "@durable-effect/core"
import { Schema } from "effect"
import { poolKinds as kinds } from "../../engine/rowKinds.ts"

export { kinds }

/** An item's execution, from the begin of its first attempt on. */
const Begun = Schema.Struct({
  runCount: Schema.Int,
  /** The attempt that has begun or, while a retry waits, the next one. */
  attempt: Schema.Int,
  firstAttemptAt: Schema.Finite,
  startedEventId: Schema.optionalKey(Schema.String),
  /** When the retry that waits was set for; null while the attempt runs. */
  retryAt: Schema.NullOr(Schema.Finite),
  lastError: Schema.optionalKey(EventError)
})

/** An item that waits or runs. */
export const Item = Schema.Struct({
  itemId: Schema.String,
  /** Whether the pool made the id: no caller knew it before. */
  isOwnId: Schema.Boolean,
  executionId: Schema.String,
  life: Schema.Int,
  seq: Schema.Int,
  partitionKey: Schema.optionalKey(Schema.String),
  priority: Schema.Int,
  event: Schema.Json,
  enqueuedEventId: Schema.optionalKey(Schema.String),
  begun: Schema.optionalKey(Begun)
})
export type Item = typeof Item.Type

/** Where the item of an id is, or has been. */
export const Place = Schema.Struct({
  /** Of the item's row; null when it is done. */
  key: Schema.NullOr(Schema.String),
  incarnationId: Schema.String,
  /** How often an item of this id was enqueued in the incarnation. */
  life: Schema.Int,
  /** Items that had to leave the queue for it to be gone, were all priorities the same. */
  place: Schema.Int
})
export type Place = typeof Place.Type

export const StoredDeadLetter = Schema.Struct({
  itemId: Schema.String,
  isOwnId: Schema.Boolean,
  event: Schema.Json,
  error: EventError,
  attempts: Schema.Int,
  failedAt: Schema.Finite,
  partitionKey: Schema.optionalKey(Schema.String),
  priority: Schema.Int
})
export type StoredDeadLetter = typeof StoredDeadLetter.Type

/** How many dead letters a shard has, and how many shards the pool had when they were placed. */
export const DeadTally = Schema.Struct({ count: Schema.Int, shards: Schema.Int })

const digits = (value: number): string => String(value).padStart(16, "0")

/** Sorts as the integers do. */
const sortable = (integer: number): string => (BigInt(integer) + 2n ** 53n).toString(16).padStart(14, "0")

/** A partition's part of a key: without a colon, so that no partition's rows look like another's. */
const escaped = (partitionKey: string): string => encodeURIComponent(partitionKey)

type Queued = Pick<Item, "seq" | "priority" | "partitionKey">

export const keys = {
  ready: ({ priority, seq }: Queued) => `${kinds.ready}${sortable(priority)}:${digits(seq)}`,
  partition: (partitionKey: string) => `${kinds.behind}${escaped(partitionKey)}:`,
  behind: (partitionKey: string, seq: number) => `${kinds.behind}${escaped(partitionKey)}:${digits(seq)}`,
  head: (partitionKey: string) => `${kinds.head}${escaped(partitionKey)}`,
  retry: (retryAt: number, { seq }: Queued) => `${kinds.retry}${digits(retryAt)}:${digits(seq)}`,
  run: ({ seq }: Queued) => `${kinds.run}${digits(seq)}`,
  item: (itemId: string) => `${kinds.item}${itemId}`,
  dead: (itemId: string) => `${kinds.dead}${itemId}`,
  deadCount: `${kinds.tally}dead`
}

/** The instant that a retry's key tells. */
export const instantOf = (retryKey: string): number =>
  Number(retryKey.slice(kinds.retry.length, kinds.retry.length + 16))
