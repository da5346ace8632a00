import { type EventIds, isoOfMillis } from "@durable-effect/core"
import { type Clock, Context, Deferred, Exit } from "effect"
import type { HostUnavailable } from "../errors.ts"
import { eventLine } from "../events/eventLines.ts"
import type { AroundCommon } from "../events/jobEventJson.ts"
import type { Redact } from "../events/payload.ts"
import type { ExecutionResult } from "../execution/Outcome.ts"
import type { Commit, EntryChange } from "../host/HostPort.ts"
import type { BeginGate } from "./BeginGate.ts"
import { encodeRecord, hostAlarmOf, type InstanceRecord } from "./InstanceRecord.ts"
import type { Interrupter } from "./Interrupter.ts"
import type { JobMetrics } from "./JobMetrics.ts"
import type { CurrentCall } from "./PendingCall.ts"

/** What all steps of a runtime share. */
export interface StepTools {
  readonly clock: Clock.Clock
  readonly ids: typeof EventIds["Service"]
  readonly metrics: JobMetrics["Service"]
  /** Without a tracker no event is even built. */
  readonly tracked: boolean
  readonly redact: Redact
}

/** An instance as its host has it. */
export interface Loaded {
  /** 0 if nothing is stored. */
  readonly version: number
  readonly record: InstanceRecord | undefined
}

/** What one commit stores, taken out of its step: changes made during the commit do not get halfway into it. */
export interface Changes {
  readonly commit: Commit
  readonly record: InstanceRecord | undefined
  /** What the host knew of the alarm. */
  readonly alarmBefore: Commit["alarm"]
}

const noEntries: Commit["entries"] = new Map()

/** With tracking off, nobody adds to it. */
const noEventIds = new Map<string, string>()

const notLetIn = () => undefined

/**
 * The work on one instance between acquiring and releasing its lock. Services change `record`, `entries` and add events;
 * a commit stores all of them together. Owned by one fiber at a time.
 */
export class JobStep {
  readonly instanceId: string

  /** The stored version; 0 if nothing is stored. */
  version: number
  /** `record` as last loaded or committed: the same object if nothing has changed. */
  stored: InstanceRecord | undefined

  /** The instance as the next commit will store it; undefined if there is none or it is removed. */
  record: InstanceRecord | undefined
  /** What the next commit writes beside the record. */
  readonly entries = new Map<string, EntryChange>()
  /** The events that the next commit stores, by `eventLine`. */
  readonly pending: Array<string> = []
  /** The common part of the last of them. */
  #common = ""
  /** The last event's sequence number and time, kept separately because the last event outlives the record. */
  counter: { readonly sequence: number; readonly lastEventAt: number }
  /** Done when the commit in progress ends, if there is one: a step runs one at a time. */
  committing: Deferred.Deferred<void> | undefined = undefined
  /** Committed rows by key, if some were read ahead; undefined for a missing row. */
  known: Map<string, string | undefined> | undefined = undefined

  /** Ids of events that later events of the step refer to. */
  readonly eventIds: Map<string, string>
  /** Stops the handler running in this step. */
  readonly interruption: Interrupter
  /** The gate for visits, while user code that takes visits is running. */
  gate: BeginGate<HostUnavailable> | undefined = undefined
  /** Admits those waiting to visit the instance; called once there is a gate. */
  letVisitorsIn: () => void = notLetIn
  /** The call being carried out, if it has a `dedupeKey`. */
  call: CurrentCall | undefined = undefined
  /** The result of the attempt that has ended in this step. */
  ran: ExecutionResult["_tag"] | undefined = undefined

  readonly #tools: StepTools

  constructor(instanceId: string, { record, version }: Loaded, interruption: Interrupter, tools: StepTools) {
    this.instanceId = instanceId
    this.version = version
    this.stored = record
    this.record = record
    this.counter = { sequence: record?.sequence ?? 0, lastEventAt: record?.lastEventAt ?? 0 }
    this.eventIds = tools.tracked ? new Map() : noEventIds
    this.interruption = interruption
    this.#tools = tools
  }

  get clock(): Clock.Clock {
    return this.#tools.clock
  }

  get ids(): StepTools["ids"] {
    return this.#tools.ids
  }

  get metrics(): StepTools["metrics"] {
    return this.#tools.metrics
  }

  get tracked(): boolean {
    return this.#tools.tracked
  }

  get redact(): Redact {
    return this.#tools.redact
  }

  /** Begins another incarnation, whose events are counted from 1. */
  beginIncarnation(record: InstanceRecord): void {
    this.record = record
    this.counter = { sequence: 0, lastEventAt: 0 }
    this.eventIds.clear()
  }

  /** Allots the next place in the order of the incarnation's events. A clock may step back; this order never does. */
  nextStamp(
    now: number,
    at: number
  ): { readonly eventId: string; readonly timestamp: string; readonly sequence: number } {
    const lastEventAt = Math.max(at, this.counter.lastEventAt)
    const sequence = this.counter.sequence + 1
    this.counter = { sequence, lastEventAt }
    return { eventId: this.ids.next(now), timestamp: isoOfMillis(lastEventAt), sequence }
  }

  /** Adds an event to what the next commit stores. */
  addEvent({ head, own }: AroundCommon, common: string): void {
    this.pending.push(eventLine(head, common, own, this.pending.length > 0 && this.#common === common))
    this.#common = common
  }

  /** Takes out what is to be stored; undefined if nothing has changed. If it throws, nothing was taken. */
  beginCommit(): Changes | undefined {
    const { counter, entries, instanceId, pending, record, stored, version } = this
    if (record === stored && pending.length === 0 && entries.size === 0) return undefined
    // First, since it may throw, for example for a text that is too long.
    const text = record === undefined ? null : encodeRecord({ ...record, ...counter })
    const commit: Commit = {
      instanceId,
      expectedVersion: version,
      record: text,
      alarm: record === undefined ? null : hostAlarmOf(record),
      events: pending.splice(0),
      entries: entries.size === 0 ? noEntries : new Map(entries)
    }
    entries.clear()
    this.known = undefined
    this.committing = Deferred.makeUnsafe()
    return { commit, record, alarmBefore: stored === undefined ? null : hostAlarmOf(stored) }
  }

  /** The commit is stored. */
  commitSucceeded({ commit, record }: Changes): void {
    this.stored = record
    this.version = record === undefined ? 0 : commit.expectedVersion + 1
    this.#endCommit()
  }

  /** The commit is not stored: its changes are to be stored by the next one, before what was added meanwhile. */
  commitFailed({ commit: { entries, events } }: Changes): void {
    this.pending.unshift(...events)
    for (const [key, entry] of entries) if (!this.entries.has(key)) this.entries.set(key, entry)
    this.#endCommit()
  }

  #endCommit(): void {
    const { committing } = this
    this.committing = undefined
    if (committing !== undefined) Deferred.doneUnsafe(committing, Exit.void)
  }

  /** Drops what is not committed, and goes back to an earlier state of the record unless there was a commit since. */
  rollBack({ counter, record, version }: Pick<JobStep, "counter" | "record" | "version">): void {
    this.pending.length = 0
    this.entries.clear()
    if (this.version !== version) return
    this.counter = counter
    this.record = record
  }

  /** Drops what is not committed, and goes on with the instance as it was loaded anew. */
  reset({ record, version }: Loaded): void {
    this.version = version
    this.stored = record
    this.record = record
    this.counter = { sequence: record?.sequence ?? 0, lastEventAt: record?.lastEventAt ?? 0 }
    this.pending.length = 0
    this.entries.clear()
    this.known = undefined
    this.eventIds.clear()
  }

  /** Its instance was set aside: it has nothing left to hand over. */
  letGo(): void {
    this.stored = undefined
    this.record = undefined
  }
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
