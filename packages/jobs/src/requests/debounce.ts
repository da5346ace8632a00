import type { Schema } from "effect"
import type { Mutation, RequestOf, Target } from "./Target.ts"

type OfDebounce = Target<"debounce">

/** What a debounce job can be asked, by action. */
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
 * `flushing`: a flush runs or waits for its retry. `failed`: the flush has failed for good and the definition keeps
 * failures, or its stored state cannot be read.
 */
export type DebounceStatus = "debouncing" | "flushing" | "failed" | "notFound"

/** What is answered, by action. Instants are epoch milliseconds, null when there is none. */
export interface DebounceAnswers {
  /**
   * `eventCount` is of the buffer that the event went to: while a flush runs or waits for its retry, the one after it.
   * `willFlushAt` is when that buffer is to be flushed; when this call has flushed it, the instant of its retry, if one
   * follows (`retryScheduled`). `status` is `failed` when nothing was added, and `flushing` also after a flush by this call.
   */
  readonly add: {
    readonly instanceId: string
    readonly created: boolean
    readonly eventCount: number
    readonly willFlushAt: number | null
    readonly retryScheduled: boolean
    readonly status: Exclude<DebounceStatus, "notFound">
  }
  /** `flushed` when the flush ended well; `reason` is `empty` when there was none to run. */
  readonly flush: {
    readonly flushed: boolean
    readonly eventCount: number
    readonly reason: "manual" | "empty"
    readonly retryScheduled: boolean
  }
  /** `discardedEvents` counts also those that were added while a retry waited. */
  readonly clear: { readonly cleared: boolean; readonly discardedEvents: number }
  readonly terminate: { readonly terminated: boolean; readonly reason?: string }
  /** Of the buffer that is filled or flushed; while a retry waits, `willFlushAt` is when it runs. */
  readonly status: {
    readonly status: DebounceStatus
    readonly eventCount: number
    readonly startedAt: number | null
    readonly willFlushAt: number | null
  }
  /** The committed state as JSON; null when there is no instance. Clients decode it. */
  readonly getState: { readonly state: Schema.Json | null; readonly found: boolean }
  readonly retry: { readonly retried: boolean }
  readonly discard: { readonly discarded: boolean }
}
