import { Effect } from "effect"
import {
  type EntryChange,
  type JobsHostService,
  type OutboxRow,
  type StoredAlarm,
  type StoredInstance,
  VersionConflict
} from "../HostPort.ts"
import { SortedEntries } from "./SortedEntries.ts"

/** Alarms in due order; equal ones in the order they were set. */
const insertInDueOrder = (alarms: Array<StoredAlarm>, alarm: StoredAlarm) => {
  let low = 0
  let high = alarms.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((alarms[middle]?.dueAt ?? Infinity) <= alarm.dueAt) low = middle + 1
    else high = middle
  }
  alarms.splice(low, 0, alarm)
}

/** Keeps texts in maps: nothing stored shares memory with what user code holds, just as on a disk. */
export const makeMemoryHost: Effect.Effect<JobsHostService> = Effect.sync(() => {
  const instances = new Map<string, StoredInstance>()
  const alarmOf = new Map<string, StoredAlarm>()
  const alarms: Array<StoredAlarm> = []
  const entries = new Map<string, SortedEntries>()
  let outbox: Array<OutboxRow> = []
  let position = 0

  const setAlarm = (instanceId: string, alarm: { readonly dueAt: number; readonly generation: number } | null) => {
    const before = alarmOf.get(instanceId)
    if (before !== undefined) {
      if (alarm?.dueAt === before.dueAt && alarm.generation === before.generation) return
      alarms.splice(alarms.indexOf(before), 1)
      alarmOf.delete(instanceId)
    }
    if (alarm !== null) {
      const stored = { instanceId, ...alarm }
      alarmOf.set(instanceId, stored)
      insertInDueOrder(alarms, stored)
    }
  }

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
        setAlarm(instanceId, alarm)
        change(instanceId, changes)
        for (const event of events) outbox.push({ position: ++position, event })
        return Effect.void
      }),
    loadEntry: (instanceId, key) => Effect.sync(() => entries.get(instanceId)?.get(key)),
    loadEntries: (instanceId, range) => Effect.sync(() => entries.get(instanceId)?.range(range) ?? []),
    removeExpired: (now) =>
      Effect.sync(() => {
        for (const [instanceId, ofInstance] of entries) {
          ofInstance.removeExpired(now)
          if (ofInstance.isEmpty) entries.delete(instanceId)
        }
      }),
    earliestAlarms: (limit, upTo = Infinity) =>
      Effect.sync(() => {
        const firstLater = alarms.findIndex(({ dueAt }) => dueAt > upTo)
        return alarms.slice(0, firstLater < 0 ? limit : Math.min(limit, firstLater + 1))
      }),
    peekOutbox: (limit) => Effect.sync(() => outbox.slice(0, limit)),
    ackOutbox: (positions) =>
      Effect.sync(() => {
        const gone = new Set(positions)
        outbox = outbox.filter((row) => !gone.has(row.position))
      })
  }
})
