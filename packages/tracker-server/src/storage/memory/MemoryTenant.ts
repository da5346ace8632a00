import type { IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import { FactSet } from "../../projection/Facts.ts"

export interface MemoryEvent {
  readonly event: IncomingEvent
  readonly receivedAt: string
}

/** All that is kept of one tenant. */
export class MemoryTenant {
  readonly events = new Map<string, MemoryEvent>()
  readonly facts = new FactSet()
  readonly rejected: Array<Rejected & { readonly receivedAt: string }> = []
  /** The greatest total of each tracker, service and reason. */
  readonly losses = new Map<string, { readonly serviceKey: string; readonly reason: string; readonly count: number }>()
  /** How many events were answered how. */
  readonly verdicts = new Map<string, number>()
}
