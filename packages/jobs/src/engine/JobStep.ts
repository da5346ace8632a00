import type { EventIds } from "@durable-effect/core"
import { type Clock, Context, type Deferred } from "effect"
import type { HostUnavailable } from "../errors.ts"
import type { Redact } from "../events/payload.ts"
import type { ExecutionResult } from "../execution/Outcome.ts"
import type { EntryChange } from "../host/HostPort.ts"
import type { BeginGate } from "./BeginGate.ts"
import type { InstanceRecord } from "./InstanceRecord.ts"
import type { Interrupter } from "./Interrupter.ts"
import type { JobMetrics } from "./JobMetrics.ts"
import type { CurrentCall } from "./PendingCall.ts"

/**
 * The work on one instance between acquiring and releasing its lock. Services change `record` and add events; a commit
 * stores both together. Owned by one fiber at a time.
 */
export interface JobStep {
  readonly instanceId: string
  /** The stored version; 0 if nothing is stored. */
  version: number
  /** The instance as the next commit will store it; undefined if there is none or it is removed. */
  record: InstanceRecord | undefined
  /** `record` as last loaded or committed: the same object if nothing has changed. */
  stored: InstanceRecord | undefined
  /** The last event's sequence number and time, kept separately because the last event outlives the record. */
  counter: { readonly sequence: number; readonly lastEventAt: number }
  /** The events that the next commit stores, by `eventLine`. */
  readonly pending: Array<string>
  /** The common part of the last of them. */
  common: string
  /** What the next commit writes beside the record. */
  readonly entries: Map<string, EntryChange>
  /** Committed rows by key, if some were read ahead; undefined for a missing row. */
  known: Map<string, string | undefined> | undefined
  /** Done when the commit in progress ends, if there is one: a step runs one at a time. */
  committing: Deferred.Deferred<void> | undefined
  /** Ids of events that later events of the step refer to. */
  readonly eventIds: Map<string, string>
  /** Stops the handler running in this step. */
  readonly interruption: Interrupter
  /** The gate for visits, while user code that takes visits is running. */
  gate: BeginGate<HostUnavailable> | undefined
  /** Admits those waiting to visit the instance; called once there is a gate. */
  letVisitorsIn: () => void
  /** The call being carried out, if it has a `dedupeKey`. */
  call: CurrentCall | undefined
  /** The result of the attempt that has ended in this step. */
  ran: ExecutionResult["_tag"] | undefined
  readonly clock: Clock.Clock
  readonly ids: typeof EventIds["Service"]
  readonly metrics: JobMetrics["Service"]
  /** Without a tracker no event is even built. */
  readonly tracked: boolean
  readonly redact: Redact
}

/** The step this fiber works in, if any. User code does not see it. */
export const CurrentStep = Context.Reference<JobStep | undefined>("@durable-effect/jobs/CurrentStep", {
  defaultValue: () => undefined
})

/** The record of a step known to have one. */
export const recordOf = (step: JobStep): InstanceRecord => {
  if (step.record === undefined) throw new Error(`${step.instanceId} has no record in this step`)
  return step.record
}
