import { type Effect, Schema } from "effect"
import type { HostUnavailable } from "../errors.ts"

/** When an instance is to be woken. */
export interface StoredAlarm {
  readonly instanceId: string
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** Increases with each alarm of the instance, so that a late firing of an older one can be recognized. */
  readonly generation: number
}

export interface StoredInstance {
  /** 1 after the first commit, incremented with each further one. */
  readonly version: number
  /** JSON text, opaque to the host. */
  readonly record: string
}

/**
 * A row beside an instance's record, for data that would make the record large or has to outlive it. Removed only by a
 * commit that says so, or after it has expired.
 */
export interface Entry {
  /** Begins with a kind and a colon. */
  readonly key: string
  /** JSON text, opaque to the host. */
  readonly value: string
  /** Epoch milliseconds; null for never. */
  readonly expiresAt: number | null
}

/** What a commit does to a row: its new content, or null to remove it. */
export type EntryChange = Omit<Entry, "key"> | null

export interface EntryRange {
  /** The prefix of the keys; not empty. */
  readonly prefix: string
  /** The key after which to continue. Default: from the first. */
  readonly after?: string
  readonly limit: number
}

/** Tracking events awaiting delivery: those of one commit. */
export interface OutboxRow {
  /** Increases in commit order. */
  readonly position: number
  /** As committed; not empty. */
  readonly events: ReadonlyArray<string>
}

/** All changes of one step. */
export interface Commit {
  readonly instanceId: string
  /** The version from which the step began; 0 if there was no instance. */
  readonly expectedVersion: number
  /** The instance's new record; null removes it. */
  readonly record: string | null
  /** The instance's only alarm; null if there is none. */
  readonly alarm: {
    readonly dueAt: number
    readonly generation: number
    /**
     * The committer is already doing what the alarm is for: nobody is to be woken for it before the end of the
     * committer's life. Default: false
     */
    readonly isHeld?: boolean
  } | null
  /** Texts without line breaks, in order, opaque to the host. */
  readonly events: ReadonlyArray<string>
  /** Changes to the rows beside the record, by key. */
  readonly entries: ReadonlyMap<string, EntryChange>
}

/** Another writer changed the instance after it was loaded. Nothing of the commit is stored. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  instanceId: Schema.String,
  expectedVersion: Schema.Int,
  storedVersion: Schema.Int
}) {
  override get message() {
    return `${this.instanceId} is at version ${this.storedVersion}, not ${this.expectedVersion}: another writer was first`
  }
}

/** Stores instances. Each load and commit concerns one instance; once `commit` returns, it is durable. */
export interface JobsHostService {
  readonly name: string
  readonly load: (instanceId: string) => Effect.Effect<StoredInstance | undefined, HostUnavailable>
  /** All or nothing. */
  readonly commit: (commit: Commit) => Effect.Effect<void, HostUnavailable | VersionConflict>
  /** One row beside an instance's record, expired or not. */
  readonly loadEntry: (instanceId: string, key: string) => Effect.Effect<Entry | undefined, HostUnavailable>
  /** Rows by key, including expired ones, in any order; missing ones are omitted. */
  readonly loadEach: (
    instanceId: string,
    keys: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Entry>, HostUnavailable>
  /** Rows beside an instance's record, including expired ones, in the order of their keys as UTF-8. */
  readonly loadEntries: (instanceId: string, range: EntryRange) => Effect.Effect<ReadonlyArray<Entry>, HostUnavailable>
  /**
   * Removes rows that had expired at `now`, epoch milliseconds. However many there are, nobody has to wait long for it.
   */
  readonly removeExpired: (now: number) => Effect.Effect<void, HostUnavailable>
  /**
   * The earliest alarms, due or not yet, in due order; equal ones in the order they were set. Held alarms are not
   * included and cost nothing, however many there are.
   * @param upTo epoch milliseconds: of those due later, only the first is included. Default: all
   * @param without prefixes of instance ids whose alarms are omitted, however many there are. Default: none
   */
  readonly earliestAlarms: (
    limit: number,
    upTo?: number,
    without?: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<StoredAlarm>, HostUnavailable>
  /** The held alarms, in due order. Called once per life, at its beginning, when nobody holds them any more. */
  readonly heldAlarms: Effect.Effect<ReadonlyArray<StoredAlarm>, HostUnavailable>
  /**
   * The oldest rows of pending events; fewer than the limit, but at least one, if they are large.
   * @param after the position after which to continue; default: from the first
   */
  readonly peekOutbox: (limit: number, after?: number) => Effect.Effect<ReadonlyArray<OutboxRow>, HostUnavailable>
  /** Deletes these rows; unknown positions are ignored. */
  readonly ackOutbox: (positions: ReadonlyArray<number>) => Effect.Effect<void, HostUnavailable>
}
