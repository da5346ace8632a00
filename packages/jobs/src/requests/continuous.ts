import type { Schema } from "effect"
import type { Mutation, RequestOf, Target } from "./Target.ts"

type OfContinuous = Target<"continuous">

/** The requests to a continuous job, by action. */
export interface ContinuousRequests {
  readonly start: OfContinuous & Mutation & {
    readonly action: "start"
    /** The first state, in its schema's encoded form. */
    readonly input: unknown
  }
  readonly trigger: OfContinuous & Mutation & { readonly action: "trigger" }
  readonly terminate: OfContinuous & Mutation & { readonly action: "terminate"; readonly reason?: string }
  readonly status: OfContinuous & { readonly action: "status" }
  readonly getState: OfContinuous & { readonly action: "getState" }
  readonly retry: OfContinuous & Mutation & { readonly action: "retry" }
  readonly discard: OfContinuous & Mutation & { readonly action: "discard" }
}
export type ContinuousAction = keyof ContinuousRequests
export type ContinuousRequest<A extends ContinuousAction = ContinuousAction> = RequestOf<ContinuousRequests, A>

/** `failed`: no attempts are left and the definition keeps failures, or its stored state cannot be read. */
export type InstanceStatus = "running" | "failed" | "notFound"

/** The answers, by action. Instants are epoch milliseconds, null if there is none. */
export interface ContinuousAnswers {
  /** `created: false` if the instance already existed; nothing is changed then. */
  readonly start: { readonly instanceId: string; readonly created: boolean; readonly status: InstanceStatus }
  readonly trigger: { readonly triggered: boolean; readonly terminated: boolean; readonly retryScheduled: boolean }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  /** `attempt` is the running or pending one; 0 between executions. */
  readonly status: {
    readonly status: InstanceStatus
    readonly runCount: number
    readonly attempt: number
    readonly nextRunAt: number | null
  }
  /** The committed state as JSON; null if there is no instance. Clients decode it. */
  readonly getState: { readonly state: Schema.Json | null; readonly found: boolean }
  readonly retry: { readonly retried: boolean }
  readonly discard: { readonly discarded: boolean }
}
