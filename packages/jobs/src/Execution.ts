import type { Effect, Schema } from "effect"
import type { Unstorable } from "./execution/storableJson.ts"

/** What a handler knows of its execution, as plain values. */
export interface ExecutionFacts {
  /** `{jobType}:{jobName}:{id}` */
  readonly instanceId: string
  readonly id: string
  readonly jobName: string
  readonly incarnationId: string
  /** The same for all attempts of one execution, also after a crash: a key to make outside effects idempotent by. */
  readonly executionId: string
  /** 1-based. */
  readonly attempt: number
  readonly isRetry: boolean
  /** Executions begun in this incarnation, this one included. */
  readonly runCount: number
}

/** What a handler can do to its execution. */
export interface ExecutionControls {
  /** Ends the handler here and the instance with it; what was set before is the final state. */
  readonly terminate: (options?: { readonly reason?: string }) => Effect.Effect<never>
  /** Tells how far this execution is, 0 … 1. Best effort. The first call makes the attempt durable as begun. */
  readonly progress: (fraction: number, message?: string) => Effect.Effect<void>
}

/** The durable state, read as it is at the moment. What is set is stored when the handler ends well, and else is not. */
export interface DurableState<State> {
  readonly state: Effect.Effect<State>
  readonly setState: (state: State) => Effect.Effect<void>
  readonly updateState: (f: (state: State) => State) => Effect.Effect<void>
}

/** What a job of any kind runs its user code with. */
export type Job = ExecutionFacts & ExecutionControls

/** One attempt's own copy of the state, its type known only in here. */
export interface StateCell<out R> {
  /** Runs user code on it. */
  readonly run: (job: Job) => Effect.Effect<unknown, unknown, R>
  /** What user code left, as JSON. */
  readonly encode: () => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
}
