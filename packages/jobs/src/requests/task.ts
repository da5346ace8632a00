import type { Schema } from "effect"
import type { Mutation, RequestOf, Target } from "./Target.ts"

type OfTask = Target<"task">

/** What a task can be asked, by action. */
export interface TaskRequests {
  readonly send: OfTask & Mutation & {
    readonly action: "send"
    /** In its schema's encoded form. */
    readonly event: unknown
  }
  readonly trigger: OfTask & Mutation & { readonly action: "trigger" }
  readonly terminate: OfTask & Mutation & { readonly action: "terminate"; readonly reason?: string }
  readonly status: OfTask & { readonly action: "status" }
  readonly getState: OfTask & { readonly action: "getState" }
  readonly retry: OfTask & Mutation & { readonly action: "retry" }
  readonly discard: OfTask & Mutation & { readonly action: "discard" }
}
export type TaskAction = keyof TaskRequests
export type TaskRequest<A extends TaskAction = TaskAction> = RequestOf<TaskRequests, A>

/**
 * `active`: something is scheduled, runs, waits for its retry or for its turn. `failed`: no attempt is left and the
 * definition keeps failures, or what is stored cannot be read.
 */
export type TaskStatus = "active" | "idle" | "failed" | "notFound"

/** What is answered, by action. Instants are epoch milliseconds, null when there is none. */
export interface TaskAnswers {
  /**
   * `scheduledAt` is when `execute` runs next. With status `failed` the event was not taken, unless the handler has just
   * failed on it.
   */
  readonly send: {
    readonly instanceId: string
    readonly created: boolean
    readonly scheduledAt: number | null
    readonly status: TaskStatus
  }
  readonly trigger: { readonly instanceId: string; readonly triggered: boolean }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  /** Counts are of handlers begun in this incarnation; `createdAt` is its begin. */
  readonly status: {
    readonly status: TaskStatus
    readonly scheduledAt: number | null
    readonly createdAt: number | null
    readonly eventCount: number
    readonly executeCount: number
  }
  /** The committed state as JSON; not found when there is no instance, or no state yet. Clients decode it. */
  readonly getState: { readonly state: Schema.Json | null; readonly found: boolean }
  readonly retry: { readonly retried: boolean }
  readonly discard: { readonly discarded: boolean }
}
