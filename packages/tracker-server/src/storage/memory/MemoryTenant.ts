import type { IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { FactSet } from "../../projection/Facts.ts"

export interface MemoryEvent {
  readonly event: IncomingEvent
  readonly receivedAt: string
  /** The tenant's batch that brought it, from 1, and its position among the new events of that batch. */
  readonly transaction: number
  readonly ordinal: number
}

/** Everything stored for one tenant. */
export class MemoryTenant {
  readonly events = new Map<string, MemoryEvent>()
  /** Number of batches stored. */
  transactions = 0
  readonly facts = new FactSet()
  readonly rejected: Array<Rejected & { readonly receivedAt: string }> = []
  /** The largest total per tracker, service and reason. */
  readonly losses = new Map<string, { readonly serviceKey: string; readonly reason: string; readonly count: number }>()
  /** Number of events by outcome. */
  readonly verdicts = new Map<string, number>()
}
