import { Effect } from "effect"
import { decodeRecord, type InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import type { HostUnavailable, JobsHostService } from "../../src/index.ts"
import { allAlarms } from "../support/allAlarms.ts"
import { compact, errorText, lastOf, seconds } from "./tell.ts"

/** What rows beside a record begin with. */
const rowKinds = ["backlog", "dedupe", "dead", "head", "item", "part", "ready", "retry", "run", "tally"]

const executionText = ({ execution }: InstanceRecord): ReadonlyArray<string> => {
  if (execution === null) return []
  const { attempt, begunAt, calls = [], executionId, firstAttemptAt, handler, lastError, trigger } = execution
  const parts = [
    lastOf(executionId),
    ...(handler === "execute" ? [] : [handler]),
    `trigger=${trigger}`,
    `attempt=${attempt}`,
    `first@${seconds(firstAttemptAt)}`,
    ...(begunAt === null ? [] : [`begun@${seconds(begunAt)}`]),
    ...(calls.length === 0 ? [] : [`calls=${calls.length}`]),
    ...(lastError === undefined ? [] : [`last=${errorText(lastError)}`])
  ]
  return [`execution(${parts.join(" ")})`]
}

const debounceText = ({ debounce }: InstanceRecord): ReadonlyArray<string> => {
  if (debounce === undefined) return []
  const { eventCount, flushReason, next, startedAt } = debounce
  const reason = flushReason === undefined ? "" : ` ${flushReason}`
  return [
    `buffer(${eventCount}@${seconds(startedAt)}${reason})`,
    ...(next === undefined ? [] : [`next(${next.eventCount}@${seconds(next.startedAt)} ${compact(next.state)})`])
  ]
}

const taskText = ({ task }: InstanceRecord): ReadonlyArray<string> => {
  if (task === undefined) return []
  const { backlog, event, eventCount, executeCount, hasState, scheduledAt } = task
  const parts = [
    `events=${eventCount}`,
    `executes=${executeCount}`,
    ...(hasState ? [] : ["stateless"]),
    ...(scheduledAt === null ? [] : [`scheduled@${seconds(scheduledAt)}`]),
    ...(event === undefined ? [] : [`event=${compact(event)}`]),
    ...(backlog === undefined ? [] : [`backlog=${backlog.count}`])
  ]
  return [`task(${parts.join(" ")})`]
}

const poolText = ({ pool }: InstanceRecord): ReadonlyArray<string> => {
  if (pool === undefined) return []
  const { behind, draining, paused, processed, ready, retrying, running } = pool
  const counts = Object.entries({ ready, behind, retrying, running, processed }).filter(([, count]) => count > 0)
  const parts = [
    ...counts.map(([what, count]) => `${what}=${count}`),
    ...(paused ? ["paused"] : []),
    ...(draining ? ["draining"] : [])
  ]
  return [`pool(${parts.join(" ")})`]
}

/** A record in one line; without a word: counts of 0 and what there is none of. */
const recordText = (record: InstanceRecord): string =>
  [
    record.quarantined ? "quarantined" : record.status,
    ...(record.pool === undefined ? [compact(record.state)] : []),
    `runCount=${record.runCount}`,
    ...(record.alarm === null ? [] : [`alarm(${record.alarm.kind}@${seconds(record.alarm.at)})`]),
    ...executionText(record),
    ...debounceText(record),
    ...taskText(record),
    ...poolText(record)
  ].join(" ")

const rowsText = (host: JobsHostService, instanceId: string): Effect.Effect<ReadonlyArray<string>, HostUnavailable> =>
  Effect.map(
    Effect.forEach(
      rowKinds,
      (kind) => Effect.map(host.loadEntries(instanceId, { prefix: `${kind}:`, limit: 99 }), (rows) => ({ kind, rows }))
    ),
    (all) => {
      const counts = all.filter(({ rows }) => rows.length > 0).map(({ kind, rows }) => `${kind}=${rows.length}`)
      return counts.length === 0 ? [] : [`rows(${counts.join(" ")})`]
    }
  )

const instanceText = (host: JobsHostService, instanceId: string, dueAt: number | undefined) =>
  Effect.gen(function*() {
    const stored = yield* host.load(instanceId)
    const record = stored === undefined ? undefined : yield* Effect.option(decodeRecord(stored.record))
    const rows = yield* rowsText(host, instanceId)
    const parts = [
      ...(record === undefined ? [] : [record._tag === "Some" ? recordText(record.value) : "unreadable"]),
      // Unsaid where the host wakes the instance just for its alarm.
      ...(record?._tag === "Some" && record.value.alarm?.at === dueAt
        ? []
        : [`wakes@${dueAt === undefined ? "never" : seconds(dueAt)}`]),
      ...rows
    ]
    if (stored === undefined && dueAt === undefined) {
      return rows.length === 0
        ? []
        : [`${instanceId}: ${rows.join(" ")}`]
    }
    return [`${instanceId}: ${parts.join(" ")}`]
  })

/** What a storage has of instances, and how many events still wait in its outbox. */
export const left = (host: JobsHostService, instanceIds: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const alarms = new Map((yield* allAlarms(host)).map(({ dueAt, instanceId }) => [instanceId, dueAt]))
    const ids = [...new Set([...instanceIds, ...alarms.keys()])].toSorted()
    const instances = yield* Effect.forEach(ids, (instanceId) => instanceText(host, instanceId, alarms.get(instanceId)))
    const length = (yield* host.peekOutbox(999)).reduce((count, { events }) => count + events.length, 0)
    return [...instances.flat(), ...(length === 0 ? [] : [`outbox: ${length}`])]
  })
