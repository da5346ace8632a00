import type { Commit, Entry, EntryRange, OutboxRow, StoredAlarm, StoredInstance } from "../HostPort.ts"

/** Requests that do not change a file. */
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

/** Separates the texts of events, which contain none. */
const lineBreak = "\n"

export interface StoredEvents {
  readonly position: number
  /** One per line. */
  readonly lines: string
}

export const outboxRow = ({ lines, position }: StoredEvents): OutboxRow => ({
  position,
  events: lines.split(lineBreak)
})

/** A commit without nested objects: those would take half of the time that a request takes between threads. */
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

/** Requests that change a file. */
export type WriteRequest =
  | CommitRequest
  | readonly ["ackOutbox", positions: ReadonlyArray<number>]
  | readonly ["removeExpired", now: number, limit: number]

export interface WriteAnswers {
  /** The position of its events, if it has any; or the version stored instead of the expected one. */
  readonly commit: number | undefined | { readonly storedVersion: number }
  readonly ackOutbox: undefined
  /** Number of rows removed. */
  readonly removeExpired: number
}

/** Why a file failed to carry out a request, in a form that can be sent between threads. */
export interface FileFailure {
  readonly message: string
  /** One of `codes`, or another primary SQLite code; 0 if it is not from SQLite. */
  readonly code: number
}

export type Outcome<A> = { readonly answer: A } | { readonly failure: FileFailure }

export type ReadOutcome = Outcome<ReadAnswers[keyof ReadAnswers]>
export type WriteOutcome = Outcome<WriteAnswers[keyof WriteAnswers]>
