import type { Schema } from "effect"
import type { Mutation, RequestOf, Target } from "./Target.ts"

type OfDebounce = Target<"debounce">

/** The requests to a debounce job, by action. */
export interface DebounceRequests {
  readonly add: OfDebounce & Mutation & {
    readonly action: "add"
    /** The event, in its schema's encoded form. */
    readonly event: unknown
  }
  readonly flush: OfDebounce & Mutation & { readonly action: "flush" }
  readonly clear: OfDebounce & Mutation & { readonly action: "clear" }
  readonly terminate: OfDebounce & Mutation & { readonly action: "terminate"; readonly reason?: string }
  readonly status: OfDebounce & { readonly action: "status" }
  readonly getState: OfDebounce & { readonly action: "getState" }
  readonly retry: OfDebounce & Mutation & { readonly action: "retry" }
  readonly discard: OfDebounce & Mutation & { readonly action: "discard" }
}
export type DebounceAction = keyof DebounceRequests
export type DebounceRequest<A extends DebounceAction = DebounceAction> = RequestOf<DebounceRequests, A>

/**
 * `flushing`: a flush runs or waits for its retry. `failed`: the flush has failed permanently and the definition keeps
 * failures, or its stored state cannot be read.
 */
export type DebounceStatus = "debouncing" | "flushing" | "failed" | "notFound"

/** The answers, by action. Instants are epoch milliseconds, null if there is none. */
export interface DebounceAnswers {
  /**
   * `eventCount` is that of the buffer the event went to: while a flush runs or waits for its retry, the next one.
   * `willFlushAt` is when that buffer will be flushed; if this call has flushed it, the time of its retry, if one
   * follows (`retryScheduled`). `status` is `failed` if nothing was added, and `flushing` also after a flush by this
   * call.
   */
  readonly add: {
    readonly instanceId: string
    readonly created: boolean
    readonly eventCount: number
    readonly willFlushAt: number | null
    readonly retryScheduled: boolean
    readonly status: Exclude<DebounceStatus, "notFound">
  }
  /** `flushed` if the flush succeeded; `reason` is `empty` if there was none to run. */
  readonly flush: {
    readonly flushed: boolean
    readonly eventCount: number
    readonly reason: "manual" | "empty"
    readonly retryScheduled: boolean
  }
  /** `discardedEvents` includes events added while a retry was pending. */
  readonly clear: { readonly cleared: boolean; readonly discardedEvents: number }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  /** Of the buffer being filled or flushed; while a retry is pending, `willFlushAt` is when it runs. */
  readonly status: {
    readonly status: DebounceStatus
    readonly eventCount: number
    readonly startedAt: number | null
    readonly willFlushAt: number | null
  }
  /** The committed state as JSON; null if there is no instance. Clients decode it. */
  readonly getState: { readonly state: Schema.Json | null; readonly found: boolean }
  readonly retry: { readonly retried: boolean }
  readonly discard: { readonly discarded: boolean }
}
