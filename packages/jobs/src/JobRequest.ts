import type { Schema } from "effect"

/** Whom a request is about. */
interface Target {
  readonly type: "continuous"
  /** The definition's name in the registry. */
  readonly name: string
  /** The caller's id of the instance: any text that makes an instance id of at most 255 bytes. */
  readonly id: string
}

/** What a continuous job can be asked, by action. */
export interface ContinuousRequests {
  readonly start: Target & {
    readonly action: "start"
    /** The first state, in its schema's encoded form. */
    readonly input: unknown
    /** The incarnation of the job that asks. */
    readonly parentIncarnationId?: string
  }
  readonly trigger: Target & { readonly action: "trigger" }
  readonly terminate: Target & { readonly action: "terminate"; readonly reason?: string }
  readonly status: Target & { readonly action: "status" }
  readonly getState: Target & { readonly action: "getState" }
  readonly retry: Target & { readonly action: "retry" }
  readonly discard: Target & { readonly action: "discard" }
}
export type ContinuousAction = keyof ContinuousRequests

/** The request of an action; the action alone tells which. */
export type RequestFor<A extends ContinuousAction> = { readonly action: A } & ContinuousRequests[NoInfer<A>]

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

export type JobRequest = ContinuousRequests[ContinuousAction]

export const instanceIdFor = (target: Pick<JobRequest, "type" | "name" | "id">): string =>
  `${target.type}:${target.name}:${target.id}`
