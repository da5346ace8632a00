import type { EventError } from "@durable-effect/core"
import { Effect, type Schema } from "effect"
import type { ExecutionControls, ExecutionFacts, Job } from "./Execution.ts"
import { jsonCopy, type Unstorable } from "./execution/storableJson.ts"
import type { NeedsIfGiven } from "./NeedsIfGiven.ts"
import { type RetryOptions, type RetryPolicy, retryPolicy } from "./RetryPolicy.ts"
import { storable, type StorableSchema } from "./Storable.ts"

/** The item a handler works on. */
export interface ItemFacts {
  readonly itemId: string
  /** Items with the same key run one at a time, in the order they were enqueued. */
  readonly partitionKey: string | undefined
}

/**
 * The context passed to a handler besides its event. `instanceId` and `id` are those of the shard. `terminate` ends
 * only this item, as succeeded; the pool continues.
 */
export interface WorkerPoolContext extends ExecutionFacts, ExecutionControls, ItemFacts {}

/** What runs an item, and which one. */
export type ItemJob = Job & ItemFacts

export interface WorkerPoolOptions<S extends StorableSchema, E, R, E2 = never, R2 = never, E3 = never, R3 = never> {
  /** Schema of an item's event. `enqueue` accepts its encoded form. */
  readonly eventSchema: S
  /** Maximum number of items of the whole pool that run at a time. Each shard gets its share. */
  readonly concurrency: number
  /**
   * How many instances share the pool's work; each commits separately. Default 1, which has the strictest order:
   * `priority` orders the items of one shard. A runtime that finds items or dead letters distributed over a different
   * number keeps using that one, and logs so. A changed number takes effect at the first start at which the pool has
   * neither: drain it first, which is required when reducing the number.
   */
  readonly shards?: number
  /** Without it, a failed item becomes a dead letter at once. */
  readonly retry?: RetryOptions
  readonly execute: (event: S["Type"], ctx: WorkerPoolContext) => Effect.Effect<unknown, E, R>
  /**
   * Called after an item is stored as a dead letter. Its failure is logged and changes nothing; a crash right before
   * skips it.
   */
  readonly onDeadLetter?: (event: S["Type"], error: EventError) => Effect.Effect<unknown, E2, R2>
  /** Called when no item is queued or running any more, after one was. Failures and crashes: as for `onDeadLetter`. */
  readonly onEmpty?: () => Effect.Effect<unknown, E3, R3>
}

export interface WorkerPoolDefinition<out S extends StorableSchema, out R> {
  readonly _tag: "WorkerPool"
  readonly eventSchema: S
  readonly concurrency: number
  readonly shards: number
  readonly retry: RetryPolicy | undefined
  /** Validates an event and returns it as stored. */
  readonly readEvent: (event: unknown) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<S["Type"], Schema.SchemaError>
  /** Runs user code on a stored event. */
  readonly run: (stored: Schema.Json, job: ItemJob) => Effect.Effect<unknown, unknown, R>
  readonly onDeadLetter: ((stored: Schema.Json, error: EventError) => Effect.Effect<unknown, unknown, R>) | undefined
  readonly onEmpty: Effect.Effect<unknown, unknown, R> | undefined
}

const wholeNumber = (option: string, value: number): number => {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RangeError(`${option} must be a whole number from 1 on, not ${value}`)
}

// Only the signature knows the requirements of the individual handlers.
function make<S extends StorableSchema, E, R, E2 = never, R2 = never, E3 = never, R3 = never>(
  options: WorkerPoolOptions<S, E, R, E2, R2, E3, R3>
): WorkerPoolDefinition<S, R | NeedsIfGiven<R2> | NeedsIfGiven<R3>>
function make<S extends StorableSchema, R>(
  options: WorkerPoolOptions<S, unknown, R, unknown, R, unknown, R>
): WorkerPoolDefinition<S, R> {
  const { decode, readToStore } = storable(options.eventSchema, {
    definition: "WorkerPool.make",
    option: "eventSchema"
  })
  const concurrency = wholeNumber("concurrency", options.concurrency)
  const shards = wholeNumber("shards", options.shards ?? 1)
  if (concurrency < shards) {
    throw new RangeError(`concurrency must be at least as great as shards, which is ${shards}, not ${concurrency}`)
  }
  const { execute, onDeadLetter, onEmpty } = options
  // A copy each time, since a handler may mutate what it is given, and fail.
  const decodeCopy = (stored: Schema.Json) => Effect.suspend(() => decode(jsonCopy(stored)))
  return {
    _tag: "WorkerPool",
    eventSchema: options.eventSchema,
    concurrency,
    shards,
    retry: options.retry === undefined ? undefined : retryPolicy(options.retry),
    readEvent: readToStore,
    decode,
    // An event that its schema no longer accepts is a failed attempt, so that it ends up among the dead letters.
    run: (stored, job) => Effect.flatMap(decodeCopy(stored), (event) => execute(event, job)),
    onDeadLetter: onDeadLetter === undefined
      ? undefined
      : (stored, error) => Effect.flatMap(decodeCopy(stored), (event) => onDeadLetter(event, error)),
    onEmpty: onEmpty === undefined ? undefined : Effect.suspend(onEmpty)
  }
}

/** A queue of items, some of which run at a time. Throws a RangeError naming any option that is out of range. */
export const WorkerPool = { make }
