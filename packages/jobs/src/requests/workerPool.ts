import type { EventError } from "@durable-effect/core"
import type { Schema } from "effect"
import type { Mutation, RequestOf } from "./Target.ts"

/** To its callers a pool is a single unit, whatever its shards: there is no id. */
interface OfPool {
  readonly type: "workerPool"
  /** The definition's name in the registry. */
  readonly name: string
}
interface OfItem {
  /** 1 to 200 bytes of UTF-8. */
  readonly itemId: string
}

/** The fields of a new item. */
export interface NewItem {
  /** The event, in its schema's encoded form. */
  readonly event: unknown
  /** The item's id, chosen by the caller. 1 to 200 bytes of UTF-8; default: a UUIDv7. */
  readonly itemId?: string
  /** Items with the same key run one at a time, in order. 1 to 200 bytes of UTF-8. */
  readonly partitionKey?: string
  /** An integer; lower runs sooner. Default 0. */
  readonly priority?: number
}

/** Which page of the dead letters to return. */
export interface DeadLetterPage {
  /** Where the previous page ended. */
  readonly cursor?: string
  /** 1 to 1,000; default 100. */
  readonly limit?: number
}

/** The requests to a worker pool, by action. */
export interface WorkerPoolRequests {
  readonly enqueue: OfPool & Mutation & NewItem & { readonly action: "enqueue" }
  readonly pause: OfPool & Mutation & { readonly action: "pause" }
  readonly resume: OfPool & Mutation & { readonly action: "resume" }
  readonly drain: OfPool & Mutation & { readonly action: "drain" }
  readonly cancel: OfPool & Mutation & OfItem & { readonly action: "cancel" }
  readonly retryItem: OfPool & Mutation & OfItem & { readonly action: "retryItem" }
  readonly discardItem: OfPool & Mutation & OfItem & { readonly action: "discardItem" }
  readonly terminate: OfPool & Mutation & { readonly action: "terminate"; readonly reason?: string }
  readonly status: OfPool & { readonly action: "status" }
  readonly deadLetters: OfPool & DeadLetterPage & { readonly action: "deadLetters" }
}
export type WorkerPoolAction = keyof WorkerPoolRequests
export type WorkerPoolRequest<A extends WorkerPoolAction = WorkerPoolAction> = RequestOf<WorkerPoolRequests, A>

/** An item that is out of attempts. */
export interface DeadLetter<Event = Schema.Json> {
  readonly itemId: string
  readonly event: Event
  /** The last attempt's error. */
  readonly error: EventError
  /** Attempts that ran. */
  readonly attempts: number
  /** Epoch milliseconds. */
  readonly failedAt: number
  readonly partitionKey?: string
}

/** A dead letter with its event decoded. */
export interface DecodedDeadLetter<Event> extends DeadLetter<Event> {
  readonly undecodable?: undefined
}

/** A dead letter whose event the schema no longer accepts: the stored event, and what is wrong with it. */
export interface UndecodableDeadLetter extends DeadLetter {
  readonly undecodable: string
}

/** The answers, by action. */
export interface WorkerPoolAnswers {
  /**
   * `created: false` if the item already existed, even as a dead letter; nothing is changed then. `position` is 1 for
   * the next item, counted as if all had the same priority; 0 for one that is running or a dead letter.
   */
  readonly enqueue: { readonly itemId: string; readonly position: number; readonly created: boolean }
  /** Whether the pool is paused now; false if there is none. */
  readonly pause: { readonly paused: boolean }
  /** Whether the pool is running now; false if there is none. */
  readonly resume: { readonly resumed: boolean }
  /** Items that ended in the incarnation, successfully or as dead letters. */
  readonly drain: { readonly processed: number }
  /** False if the item is running or does not exist. */
  readonly cancel: { readonly cancelled: boolean }
  readonly retryItem: { readonly retried: boolean }
  readonly discardItem: { readonly discarded: boolean }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  readonly status: {
    /** Queued items, including those waiting for a retry or behind their partition. */
    readonly pending: number
    readonly running: number
    readonly deadLetters: number
    readonly paused: boolean
  }
  /** Ordered by shard and item id. `cursor` is null on the last page. */
  readonly deadLetters: { readonly items: ReadonlyArray<DeadLetter>; readonly cursor: string | null }
}
