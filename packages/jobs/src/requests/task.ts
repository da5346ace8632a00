import type { Schema } from "effect"
import type { Mutation, RequestOf, Target } from "./Target.ts"

type OfTask = Target<"task">

/** The requests to a task, by action. */
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
 * `active`: something is scheduled, runs, or waits for its retry or its turn. `failed`: no attempts are left and the
 * definition keeps failures, or the stored data cannot be read.
 */
export type TaskStatus = "active" | "idle" | "failed" | "notFound"

/** The answers, by action. Instants are epoch milliseconds, null if there is none. */
export interface TaskAnswers {
  /**
   * `scheduledAt` is when `execute` runs next. With status `failed`, the event was not accepted, unless the handler has
   * just failed on it.
   */
  readonly send: {
    readonly instanceId: string
    readonly created: boolean
    readonly scheduledAt: number | null
    readonly status: TaskStatus
  }
  readonly trigger: { readonly instanceId: string; readonly triggered: boolean }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  /** Counts are of handlers started in this incarnation; `createdAt` is its start. */
  readonly status: {
    readonly status: TaskStatus
    readonly scheduledAt: number | null
    readonly createdAt: number | null
    readonly eventCount: number
    readonly executeCount: number
  }
  /** The committed state as JSON; not found if there is no instance, or no state yet. Clients decode it. */
  readonly getState: { readonly state: Schema.Json | null; readonly found: boolean }
  readonly retry: { readonly retried: boolean }
  readonly discard: { readonly discarded: boolean }
}
