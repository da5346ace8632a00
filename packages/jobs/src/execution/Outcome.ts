import type { EventError } from "@durable-effect/core"
import type { Schema } from "effect"
import type { ExecutionInProgress } from "../engine/InstanceRecord.ts"
import type { Interruption } from "../engine/Interrupter.ts"

/** Why an attempt failed. */
export interface AttemptError {
  /** Complete, for the caller who requested the run. */
  readonly error: EventError
  /** As it may be stored and sent: redacted and limited in size, which is done once. */
  readonly storedError: EventError
}

/** How one attempt of user code ended. */
export type Outcome =
  | { readonly _tag: "Succeeded"; readonly state: Schema.Json; readonly durationMs: number }
  | {
    readonly _tag: "TerminatedByHandler"
    readonly state: Schema.Json
    readonly reason: string | undefined
    readonly durationMs: number
  }
  | AttemptError & { readonly _tag: "Failed"; readonly durationMs: number }
  /** Stopped from outside: neither success nor failure. */
  | { readonly _tag: "Interrupted"; readonly by: Interruption }

/** What the runtime decided about it. */
export type ExecutionResult =
  | { readonly _tag: "Succeeded" }
  | { readonly _tag: "TerminatedByHandler"; readonly reason: string | undefined }
  | { readonly _tag: "RetryScheduled" }
  /** Failed, and there is no retry policy. */
  | AttemptError & { readonly _tag: "FailedForGood"; readonly execution: ExecutionInProgress }
  | AttemptError & { readonly _tag: "Exhausted"; readonly attempts: number }
  | { readonly _tag: "Interrupted"; readonly by: Interruption }

/** What to run: a new execution, its next attempt, or an interrupted attempt. */
export interface AttemptPlan {
  readonly executionId: string
  readonly handler: ExecutionInProgress["handler"]
  readonly runCount: number
  readonly attempt: number
  readonly trigger: ExecutionInProgress["trigger"]
  /** When the execution's first attempt began; undefined if this is the first. */
  readonly firstAttemptAt: number | undefined
  readonly recovered: boolean
  /** When the pending retry was due; undefined if the attempt is not a retry, or its start was already reported. */
  readonly retryScheduledFor: number | undefined
}
