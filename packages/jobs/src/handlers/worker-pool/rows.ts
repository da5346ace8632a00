import { EventError } from "@durable-effect/core"
import { Schema } from "effect"
import { poolKinds as kinds } from "../../engine/rowKinds.ts"

export { kinds }

/** An item's execution, from the start of its first attempt. */
const Begun = Schema.Struct({
  runCount: Schema.Int,
  /** The attempt that has begun or, while a retry is pending, the next one. */
  attempt: Schema.Int,
  firstAttemptAt: Schema.Finite,
  startedEventId: Schema.optionalKey(Schema.String),
  /** When the pending retry is due; null while the attempt runs. */
  retryAt: Schema.NullOr(Schema.Finite),
  lastError: Schema.optionalKey(EventError)
})

/** A queued or running item. */
export const Item = Schema.Struct({
  itemId: Schema.String,
  /** Whether the pool generated the id: no caller knew it before. */
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

/** Where the item with an id is, or has been. */
export const Place = Schema.Struct({
  /** The key of the item's row; null if it is done. */
  key: Schema.NullOr(Schema.String),
  incarnationId: Schema.String,
  /** How often an item with this id was enqueued in the incarnation. */
  life: Schema.Int,
  /** Number of items that must leave the queue for it to be gone, if all priorities were the same. */
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

/** Text that sorts like the integers. */
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

/** The instant in a retry's key. */
export const instantOf = (retryKey: string): number =>
  Number(retryKey.slice(kinds.retry.length, kinds.retry.length + 16))
