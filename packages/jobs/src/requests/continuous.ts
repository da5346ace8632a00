import type { Schema } from "effect"
import type { Mutation, RequestOf, Target } from "./Target.ts"

type OfContinuous = Target<"continuous">

/** What a continuous job can be asked, by action. */
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

/** `failed`: no attempt is left and the definition keeps failures, or its stored state cannot be read. */
export type InstanceStatus = "running" | "failed" | "notFound"

/** What is answered, by action. Instants are epoch milliseconds, null when there is none. */
export interface ContinuousAnswers {
  /** `created: false` when the instance was there already; nothing is changed then. */
  readonly start: { readonly instanceId: string; readonly created: boolean; readonly status: InstanceStatus }
  readonly trigger: { readonly triggered: boolean; readonly terminated: boolean; readonly retryScheduled: boolean }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  /** `attempt` is the one that runs or waits; 0 between executions. */
  readonly status: {
    readonly status: InstanceStatus
    readonly runCount: number
    readonly attempt: number
    readonly nextRunAt: number | null
  }
  /** The committed state as JSON; null when there is no instance. Clients decode it. */
  readonly getState: { readonly state: Schema.Json | null; readonly found: boolean }
  readonly retry: { readonly retried: boolean }
  readonly discard: { readonly discarded: boolean }
}
