import type { Effect, Schema } from "effect"
import type { Unstorable } from "./execution/storableJson.ts"

/** What a handler knows about its execution, as plain values. */
export interface ExecutionFacts {
  /** `{jobType}:{jobName}:{id}` */
  readonly instanceId: string
  readonly id: string
  readonly jobName: string
  readonly incarnationId: string
  /** The same for all attempts of one execution, even after a crash: use it as idempotency key for external effects. */
  readonly executionId: string
  /** 1-based. */
  readonly attempt: number
  readonly isRetry: boolean
  /** Executions started in this incarnation, this one included. */
  readonly runCount: number
}

/** What a handler can do to its execution. */
export interface ExecutionControls {
  /** Ends the handler here, and the instance with it; the state set before is the final one. */
  readonly terminate: (options?: { readonly reason?: string }) => Effect.Effect<never>
  /**
   * Reports this execution's progress, 0 … 1. Best effort. The first call durably records that the attempt has begun.
   */
  readonly progress: (fraction: number, message?: string) => Effect.Effect<void>
}

/** The durable state, read live. Changes are stored if the handler succeeds, and otherwise discarded. */
export interface DurableState<State> {
  readonly state: Effect.Effect<State>
  readonly setState: (state: State) => Effect.Effect<void>
  readonly updateState: (f: (state: State) => State) => Effect.Effect<void>
}

/** What user code of any kind of job runs with. */
export type Job = ExecutionFacts & ExecutionControls

/** One attempt's own copy of the state, whose type is known only here. */
export interface StateCell<out R> {
  /** Runs user code on it. */
  readonly run: (job: Job) => Effect.Effect<unknown, unknown, R>
  /** The state user code left behind, as JSON. */
  readonly encode: () => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
}
