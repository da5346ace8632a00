import { Effect } from "effect"
import { type EntryChange, type JobsHostService, type StoredInstance, VersionConflict } from "../HostPort.ts"
import { SortedAlarms } from "../SortedAlarms.ts"
import { Outbox } from "./Outbox.ts"
import { SortedEntries } from "./SortedEntries.ts"

/** Keeps serialized text in maps: as on a disk, nothing stored shares memory with what user code holds. */
export const makeMemoryHost: Effect.Effect<JobsHostService> = Effect.sync(() => {
  const instances = new Map<string, StoredInstance>()
  const alarms = new SortedAlarms()
  const heldAlarms = new SortedAlarms()
  const entries = new Map<string, SortedEntries>()
  const outbox = new Outbox()

  const change = (instanceId: string, changes: ReadonlyMap<string, EntryChange>) => {
    if (changes.size === 0) return
    const ofInstance = entries.get(instanceId) ?? new SortedEntries()
    for (const [key, entry] of changes) ofInstance.change(key, entry)
    if (ofInstance.isEmpty) entries.delete(instanceId)
    else entries.set(instanceId, ofInstance)
  }

  return {
    name: "memory",
    load: (instanceId) => Effect.sync(() => instances.get(instanceId)),
    commit: ({ alarm, entries: changes, events, expectedVersion, instanceId, record }) =>
      Effect.suspend(() => {
        const storedVersion = instances.get(instanceId)?.version ?? 0
        if (storedVersion !== expectedVersion) {
          return Effect.fail(new VersionConflict({ instanceId, expectedVersion, storedVersion }))
        }
        if (record === null) instances.delete(instanceId)
        else instances.set(instanceId, { version: expectedVersion + 1, record })
        const isHeld = alarm?.isHeld === true
        alarms.set(instanceId, isHeld ? null : alarm)
        heldAlarms.set(instanceId, isHeld ? alarm : null)
        change(instanceId, changes)
        if (events.length > 0) outbox.add(events)
        return Effect.void
      }),
    loadEntry: (instanceId, key) => Effect.sync(() => entries.get(instanceId)?.get(key)),
    loadEach: (instanceId, keys) =>
      Effect.sync(() => keys.map((key) => entries.get(instanceId)?.get(key)).filter((entry) => entry !== undefined)),
    loadEntries: (instanceId, range) => Effect.sync(() => entries.get(instanceId)?.range(range) ?? []),
    removeExpired: (now) =>
      Effect.sync(() => {
        for (const [instanceId, ofInstance] of entries) {
          ofInstance.removeExpired(now)
          if (ofInstance.isEmpty) entries.delete(instanceId)
        }
      }),
    earliestAlarms: (limit, upTo = Infinity, without = []) => Effect.sync(() => alarms.earliest(limit, upTo, without)),
    heldAlarms: Effect.sync(() => heldAlarms.earliest(Infinity, Infinity, [])),
    peekOutbox: (limit, after = 0) => Effect.sync(() => outbox.peek(limit, after)),
    ackOutbox: (positions) => Effect.sync(() => outbox.remove(positions))
  }
})
