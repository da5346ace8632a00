import type { Commit, Entry, EntryRange, OutboxRow, StoredAlarm, StoredInstance } from "../HostPort.ts"

/** What is asked of a file without changing it. */
export type ReadRequest =
  | readonly ["load", instanceId: string]
  | readonly ["loadEntry", instanceId: string, key: string]
  | readonly ["loadEach", instanceId: string, keys: ReadonlyArray<string>]
  | readonly ["loadEntries", instanceId: string, range: EntryRange]
  | readonly ["earliestAlarms", limit: number, upTo: number, without: ReadonlyArray<string>]
  | readonly ["heldAlarms"]
  | readonly ["peekOutbox", limit: number, after: number]

export interface ReadAnswers {
  readonly load: StoredInstance | undefined
  readonly loadEntry: Entry | undefined
  readonly loadEach: ReadonlyArray<Entry>
  readonly loadEntries: ReadonlyArray<Entry>
  readonly earliestAlarms: ReadonlyArray<StoredAlarm>
  readonly heldAlarms: ReadonlyArray<StoredAlarm>
  readonly peekOutbox: ReadonlyArray<StoredEvents>
}

/** Between the texts of events: JSON has none. */
const lineBreak = "\n"

export interface StoredEvents {
  readonly position: number
  /** A line each. */
  readonly lines: string
}

export const outboxRow = ({ lines, position }: StoredEvents): OutboxRow => ({
  position,
  events: lines.split(lineBreak)
})

/** A commit without objects in it: those would take half of the time that a request takes from thread to thread. */
export type CommitRequest = readonly [
  "commit",
  instanceId: string,
  expectedVersion: number,
  record: string | null,
  dueAt: number | null,
  heldAt: number | null,
  generation: number,
  events: string | undefined,
  entries: Commit["entries"] | undefined
]

export const commitRequest = (
  { alarm, entries, events, expectedVersion, instanceId, record }: Commit
): CommitRequest => {
  const { dueAt = null, generation = 0, isHeld = false } = alarm ?? {}
  return [
    "commit",
    instanceId,
    expectedVersion,
    record,
    isHeld ? null : dueAt,
    isHeld ? dueAt : null,
    generation,
    events.length === 0 ? undefined : events.join(lineBreak),
    entries.size === 0 ? undefined : entries
  ]
}

/** What changes a file. */
export type WriteRequest =
  | CommitRequest
  | readonly ["ackOutbox", positions: ReadonlyArray<number>]
  | readonly ["removeExpired", now: number, limit: number]

export interface WriteAnswers {
  /** The position of its events, if it has any; or what is stored in place of the expected version. */
  readonly commit: number | undefined | { readonly storedVersion: number }
  readonly ackOutbox: undefined
  /** How many rows it was. */
  readonly removeExpired: number
}

/** Why a file did not do what was asked, in a form that goes from thread to thread. */
export interface FileFailure {
  readonly message: string
  /** One of `codes`, or another of SQLite's primary ones; 0 when it is none of its. */
  readonly code: number
}

export type Outcome<A> = { readonly answer: A } | { readonly failure: FileFailure }

export type ReadOutcome = Outcome<ReadAnswers[keyof ReadAnswers]>
export type WriteOutcome = Outcome<WriteAnswers[keyof WriteAnswers]>
