import type { IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { FactSet } from "../../projection/Facts.ts"

export interface MemoryEvent {
  readonly event: IncomingEvent
  readonly receivedAt: string
  /** Which of the tenant's batches brought it, from 1, and its place among those that were new in there. */
  readonly transaction: number
  readonly ordinal: number
}

/** All that is kept of one tenant. */
export class MemoryTenant {
  readonly events = new Map<string, MemoryEvent>()
  /** How many batches were kept. */
  transactions = 0
  readonly facts = new FactSet()
  readonly rejected: Array<Rejected & { readonly receivedAt: string }> = []
  /** The greatest total of each tracker, service and reason. */
  readonly losses = new Map<string, { readonly serviceKey: string; readonly reason: string; readonly count: number }>()
  /** How many events were answered how. */
  readonly verdicts = new Map<string, number>()
}
