import type { EventError } from "@durable-effect/core"
import { Effect, type Schema } from "effect"
import type { ExecutionControls, ExecutionFacts, Job } from "./Execution.ts"
import { jsonCopy, type Unstorable } from "./execution/storableJson.ts"
import type { NeedsIfGiven } from "./NeedsIfGiven.ts"
import { type RetryOptions, type RetryPolicy, retryPolicy } from "./RetryPolicy.ts"
import { storable, type StorableSchema } from "./Storable.ts"

/** Which item a handler works on. */
export interface ItemFacts {
  readonly itemId: string
  /** Items of one key run one at a time, in the order they were enqueued. */
  readonly partitionKey: string | undefined
}

/**
 * What a handler gets besides its event. `instanceId` and `id` are those of the shard. `terminate` ends this item here, as
 * succeeded, and nothing else: the pool goes on.
 */
export interface WorkerPoolContext extends ExecutionFacts, ExecutionControls, ItemFacts {}

/** What runs an item, and what it runs. */
export type ItemJob = Job & ItemFacts

export interface WorkerPoolOptions<S extends StorableSchema, E, R, E2 = never, R2 = never, E3 = never, R3 = never> {
  /** What an item is. `enqueue` takes it in encoded form. */
  readonly eventSchema: S
  /** How many items of the whole pool run at a time, at most. Each shard gets its part of it. */
  readonly concurrency: number
  /**
   * How many instances share the pool's work; each commits by itself. Default 1, which has the strictest order: `priority`
   * orders the items of one shard. A runtime that finds items or dead letters placed by another number goes on with that
   * one, and logs so. A changed number takes effect with the first start at which the pool has neither: drain it before,
   * which is a must for a smaller one.
   */
  readonly shards?: number
  /** Without it an item that fails is a dead letter at once. */
  readonly retry?: RetryOptions
  readonly execute: (event: S["Type"], ctx: WorkerPoolContext) => Effect.Effect<unknown, E, R>
  /** After an item is stored as a dead letter. Its failure is logged and changes nothing; a crash right before skips it. */
  readonly onDeadLetter?: (event: S["Type"], error: EventError) => Effect.Effect<unknown, E2, R2>
  /** When nothing waits or runs any more, after something did. As for failures and crashes, like `onDeadLetter`. */
  readonly onEmpty?: () => Effect.Effect<unknown, E3, R3>
}

export interface WorkerPoolDefinition<out S extends StorableSchema, out R> {
  readonly _tag: "WorkerPool"
  readonly eventSchema: S
  readonly concurrency: number
  readonly shards: number
  readonly retry: RetryPolicy | undefined
  /** Validates an event and answers it as it is stored. */
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

// What the single handlers need is known to the signature alone.
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
  // A copy each time, since a handler may change in place what it is given, and fail.
  const decodeCopy = (stored: Schema.Json) => Effect.suspend(() => decode(jsonCopy(stored)))
  return {
    _tag: "WorkerPool",
    eventSchema: options.eventSchema,
    concurrency,
    shards,
    retry: options.retry === undefined ? undefined : retryPolicy(options.retry),
    readEvent: readToStore,
    decode,
    // An event that its schema accepts no more is a failed attempt, so that it ends among the dead letters.
    run: (stored, job) => Effect.flatMap(decodeCopy(stored), (event) => execute(event, job)),
    onDeadLetter: onDeadLetter === undefined
      ? undefined
      : (stored, error) => Effect.flatMap(decodeCopy(stored), (event) => onDeadLetter(event, error)),
    onEmpty: onEmpty === undefined ? undefined : Effect.suspend(onEmpty)
  }
}

/** A queue of items of which some run at a time. Throws a RangeError that names the option when one is out of range. */
export const WorkerPool = { make }
