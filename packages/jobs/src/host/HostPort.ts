import { type Effect, Schema } from "effect"
import type { HostUnavailable } from "../errors.ts"

/** When an instance wants to be woken. */
export interface StoredAlarm {
  readonly instanceId: string
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** Grows with each alarm of the instance, so that a late firing of an older one is known as such. */
  readonly generation: number
}

export interface StoredInstance {
  /** 1 after the first commit, one more after each. */
  readonly version: number
  /** JSON text that the host does not look into. */
  readonly record: string
}

/**
 * A row beside an instance's record: what would make the record large, or has to outlive it. Removed only by a commit that
 * says so, or when it has expired.
 */
export interface Entry {
  /** Begins with a kind and a colon. */
  readonly key: string
  /** JSON text that the host does not look into. */
  readonly value: string
  /** Epoch milliseconds; null for never. */
  readonly expiresAt: number | null
}

/** What a commit makes of a row: its new content, or null when it goes. */
export type EntryChange = Omit<Entry, "key"> | null

export interface EntryRange {
  /** What the keys begin with; not empty. */
  readonly prefix: string
  /** The key after which to go on. Default: from the first. */
  readonly after?: string
  readonly limit: number
}

/** Tracking events that wait for their delivery: those of one commit. */
export interface OutboxRow {
  /** Grows in the order of commits. */
  readonly position: number
  /** JSON texts, in order; not empty. */
  readonly events: ReadonlyArray<string>
}

/** All that one step changes. */
export interface Commit {
  readonly instanceId: string
  /** The version that the step began from; 0 when there was no instance. */
  readonly expectedVersion: number
  /** The instance as it is now; null removes it. */
  readonly record: string | null
  /** The one alarm as it is now; null when there is none. */
  readonly alarm: {
    readonly dueAt: number
    readonly generation: number
    /**
     * What it is for is being done by whoever commits: nobody is to be woken for it before that one's life has ended.
     * Default: false
     */
    readonly isHeld?: boolean
  } | null
  /** JSON texts, none with a line break in it, in order. */
  readonly events: ReadonlyArray<string>
  /** What changes of the rows beside the record, by key. */
  readonly entries: ReadonlyMap<string, EntryChange>
}

/** Another writer has changed the instance since it was loaded. Nothing of the commit is stored. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  instanceId: Schema.String,
  expectedVersion: Schema.Int,
  storedVersion: Schema.Int
}) {
  override get message() {
    return `${this.instanceId} is at version ${this.storedVersion}, not ${this.expectedVersion}: another writer was first`
  }
}

/** Where instances live. One instance is loaded and committed at a time; what `commit` answers is durable. */
export interface JobsHostService {
  readonly name: string
  readonly load: (instanceId: string) => Effect.Effect<StoredInstance | undefined, HostUnavailable>
  /** All of it or nothing. */
  readonly commit: (commit: Commit) => Effect.Effect<void, HostUnavailable | VersionConflict>
  /** One row beside an instance's record, expired or not. */
  readonly loadEntry: (instanceId: string, key: string) => Effect.Effect<Entry | undefined, HostUnavailable>
  /** Rows by their keys, expired ones too, in any order; those that are not there are left out. */
  readonly loadEach: (
    instanceId: string,
    keys: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Entry>, HostUnavailable>
  /** Rows beside an instance's record, expired ones too, in the order of their keys as UTF-8. */
  readonly loadEntries: (instanceId: string, range: EntryRange) => Effect.Effect<ReadonlyArray<Entry>, HostUnavailable>
  /** Removes rows that had expired at `now`, epoch milliseconds. However many there are, nobody waits long for that. */
  readonly removeExpired: (now: number) => Effect.Effect<void, HostUnavailable>
  /**
   * The alarms that are due first, due or not yet, in due order; equal ones in the order they were set. Held ones are not
   * among them and cost nothing, however many there are.
   * @param upTo epoch milliseconds: of those that are due later, the first one alone. Default: all
   * @param without what the ids of instances begin with whose alarms are left out, however many there are. Default: none
   */
  readonly earliestAlarms: (
    limit: number,
    upTo?: number,
    without?: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<StoredAlarm>, HostUnavailable>
  /** The alarms that are held, in due order. Asked for once in a life, at its beginning: then nobody holds them. */
  readonly heldAlarms: Effect.Effect<ReadonlyArray<StoredAlarm>, HostUnavailable>
  /**
   * The oldest rows of events that wait; fewer than the limit, but at least one, where they are large.
   * @param after the position after which to go on; default: from the first
   */
  readonly peekOutbox: (limit: number, after?: number) => Effect.Effect<ReadonlyArray<OutboxRow>, HostUnavailable>
  /** Forgets these; unknown positions are fine. */
  readonly ackOutbox: (positions: ReadonlyArray<number>) => Effect.Effect<void, HostUnavailable>
}
