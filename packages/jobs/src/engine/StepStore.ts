import { EventIds, EventTracker, noopTracker } from "@durable-effect/core"
import { Clock, Context, Deferred, Effect, Exit, Layer, Option } from "effect"
import { HostUnavailable, type ReadError, StateUndecodable } from "../errors.ts"
import { failingAs } from "../execution/failingAs.ts"
import type { Commit, Entry, StoredInstance } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { decodeRecord, encodeRecord, hostAlarmOf, type InstanceRecord } from "./InstanceRecord.ts"
import type { Interrupter } from "./Interrupter.ts"
import { JobMetrics } from "./JobMetrics.ts"
import type { JobStep } from "./JobStep.ts"
import { kindsOfRows } from "./rowKinds.ts"
import { Settings } from "./Settings.ts"
import { Signals } from "./Signals.ts"

const decode = (instanceId: string, stored: StoredInstance | undefined) =>
  stored === undefined
    ? Effect.undefined
    : failingAs(() => decodeRecord(stored.record), {
      onError: (error) => new StateUndecodable({ instanceId, problem: error.message }),
      // Such as a stack overflow, which reading again would repeat.
      onDefect: (defect) => new StateUndecodable({ instanceId, problem: String(defect) })
    })

const rowsAtOnce = 500

const noEntries: Commit["entries"] = new Map()

/** With tracking off, nobody adds to it. */
const noEventIds = new Map<string, string>()

type Loaded = Pick<JobStep, "version" | "record" | "stored" | "counter">

/** Loads instances into steps and commits their changes. */
export class StepStore extends Context.Service<StepStore, {
  /** Reads the committed instance without waiting for its lock. */
  readonly read: (
    instanceId: string
  ) => Effect.Effect<InstanceRecord | undefined, ReadError>
  readonly open: (
    instanceId: string,
    interruption: Interrupter
  ) => Effect.Effect<JobStep, ReadError>
  /** Discards the step's uncommitted changes. */
  readonly reload: (step: JobStep) => Effect.Effect<void, ReadError>
  /** Stores record, alarm, events and rows atomically, if any of them has changed. The step can continue afterwards. */
  readonly commit: (step: JobStep) => Effect.Effect<void, HostUnavailable>
  /** The value of a row beside the record, as JSON text, unless it has expired. */
  readonly entry: (instanceId: string, key: string) => Effect.Effect<string | undefined, HostUnavailable>
  /** Reads rows ahead, all at once: `entryIn` then need not load them until the step's next commit. */
  readonly readAhead: (step: JobStep, keys: ReadonlyArray<string>) => Effect.Effect<void, HostUnavailable>
  /** `entry` as seen by the step, including uncommitted changes. */
  readonly entryIn: (step: JobStep, key: string) => Effect.Effect<string | undefined, HostUnavailable>
  /**
   * For an unreadable record: leaves it unchanged and removes its alarm, or removes it with all rows that end with it,
   * many per commit.
   */
  readonly setAside: (instanceId: string, fate: "keep" | "remove") => Effect.Effect<boolean, HostUnavailable>
}>()("@durable-effect/jobs/StepStore") {
  static readonly layer = Layer.effect(
    StepStore,
    Effect.gen(function*() {
      const host = yield* JobsHost
      const settings = yield* Settings
      const signals = yield* Signals
      const tracker = Option.getOrElse(yield* Effect.serviceOption(EventTracker), () => noopTracker)
      const tracked = tracker !== noopTracker
      const clock = yield* Clock.Clock
      const ids = yield* EventIds
      const metrics = yield* JobMetrics

      const otherWriter = (error: { readonly message: string }) =>
        new HostUnavailable({ host: host.name, problem: `${error.message}. Only one runtime may own an instance.` })

      const load = <A>(
        instanceId: string,
        use: (loaded: Loaded) => A
      ): Effect.Effect<A, ReadError> =>
        Effect.flatMap(host.load(instanceId), (stored) =>
          Effect.mapEager(decode(instanceId, stored), (record) =>
            use({
              version: stored?.version ?? 0,
              record,
              stored: record,
              counter: { sequence: record?.sequence ?? 0, lastEventAt: record?.lastEventAt ?? 0 }
            })))

      const unlessExpired = (found: Entry | undefined): string | undefined =>
        found === undefined || (found.expiresAt !== null && found.expiresAt <= clock.currentTimeMillisUnsafe())
          ? undefined
          : found.value

      const entry = (instanceId: string, key: string) => Effect.map(host.loadEntry(instanceId, key), unlessExpired)

      /** Some of the rows that end with their instance; none if there are no more. */
      const someRows = Effect.fnUntraced(function*(instanceId: string) {
        for (const prefix of kindsOfRows) {
          const rows = yield* host.loadEntries(instanceId, { prefix, limit: rowsAtOnce })
          if (rows.length > 0) return rows
        }
        return []
      })

      const write = (step: JobStep): Effect.Effect<void, HostUnavailable> => {
        // A snapshot, so that changes made during the commit do not get halfway into it.
        const { counter, version } = step
        const record = step.record === undefined ? undefined : { ...step.record, ...counter }
        const alarm = record === undefined ? null : hostAlarmOf(record)
        const committed = step.record
        const alarmBefore = step.stored === undefined ? null : hostAlarmOf(step.stored)
        if (committed === step.stored && step.pending.length === 0 && step.entries.size === 0) return Effect.void
        // Before anything is taken out of the step: it may throw, for example for a text that is too long.
        const text = record === undefined ? null : encodeRecord(record)
        const events = step.pending.splice(0)
        const entries = step.entries.size === 0 ? noEntries : new Map(step.entries)
        step.entries.clear()
        step.known = undefined
        const undo = () => {
          step.pending.unshift(...events)
          for (const [key, entry] of entries) if (!step.entries.has(key)) step.entries.set(key, entry)
        }
        const done = Deferred.makeUnsafe<void>()
        step.committing = done
        const end = () => {
          step.committing = undefined
          Deferred.doneUnsafe(done, Exit.void)
        }
        return Effect.uninterruptible(
          host.commit({
            instanceId: step.instanceId,
            expectedVersion: version,
            record: text,
            alarm,
            events,
            entries
          }).pipe(
            Effect.matchCauseEffect({
              onFailure: (cause) => {
                undo()
                end()
                return Effect.catchTag(
                  Effect.failCause(cause),
                  "VersionConflict",
                  (error) => Effect.fail(otherWriter(error))
                )
              },
              onSuccess: () => {
                step.stored = committed
                step.version = record === undefined ? 0 : version + 1
                end()
                // An unchanged alarm is known; a pool's is due for as long as there is work.
                const isNew = alarm?.dueAt !== alarmBefore?.dueAt || alarm?.generation !== alarmBefore?.generation ||
                  alarm?.isHeld !== alarmBefore?.isHeld
                if (alarm !== null && isNew && alarm.isHeld !== true) {
                  signals.wakeAt(alarm.dueAt)
                }
                if (events.length === 0) {
                  return Effect.void
                }
                metrics.outboxGrew(events.length)
                signals.outbox.ring()
                // Let the drain run first: local trackers, such as one in memory, then have the events when the answer
                // arrives.
                return Effect.yieldNow
              }
            })
          )
        )
      }

      /** Usually nothing else of the step is being committed, and taking turns then costs a plain assignment. */
      const commit = (step: JobStep): Effect.Effect<void, HostUnavailable> =>
        Effect.suspend(() =>
          step.committing === undefined
            ? write(step)
            : Effect.andThen(Deferred.await(step.committing), commit(step))
        )

      return {
        read: (instanceId) => Effect.flatMap(host.load(instanceId), (stored) => decode(instanceId, stored)),
        open: (instanceId, interruption) =>
          load(instanceId, (loaded) => ({
            ...loaded,
            clock,
            ids,
            metrics,
            instanceId,
            pending: [],
            common: "",
            entries: new Map(),
            known: undefined,
            gate: undefined,
            letVisitorsIn: () => undefined,
            committing: undefined,
            eventIds: tracked ? new Map() : noEventIds,
            interruption,
            call: undefined,
            ran: undefined,
            tracked,
            redact: settings.redact
          })),
        reload: (step) =>
          load(step.instanceId, (loaded) => {
            Object.assign(step, loaded)
            step.pending.length = 0
            step.entries.clear()
            step.known = undefined
            step.eventIds.clear()
          }),
        commit,
        entry,
        readAhead: (step, keys) =>
          keys.length === 0 ? Effect.void : Effect.map(host.loadEach(step.instanceId, keys), (found) => {
            const known = step.known ??= new Map()
            for (const key of keys) known.set(key, undefined)
            for (const row of found) known.set(row.key, unlessExpired(row))
          }),
        entryIn: (step, key) => {
          const change = step.entries.get(key)
          if (change !== undefined) return Effect.succeed(change?.value)
          return step.known?.has(key) === true ? Effect.succeed(step.known.get(key)) : entry(step.instanceId, key)
        },
        setAside: Effect.fnUntraced(function*(instanceId, fate) {
          const stored = yield* host.load(instanceId)
          if (stored === undefined) return false
          let expectedVersion = stored.version
          const commit = (record: string | null, rows: ReadonlyArray<Entry>) =>
            host.commit({
              instanceId,
              expectedVersion,
              record,
              alarm: null,
              events: [],
              entries: new Map(rows.map(({ key }) => [key, null]))
            }).pipe(Effect.catchTag("VersionConflict", (error) => Effect.fail(otherWriter(error))))
          if (fate === "keep") {
            yield* commit(stored.record, [])
            signals.cutOff.set(instanceId, null)
            return true
          }
          // The record goes last, so that what is left after an interruption is found again.
          for (let rows = yield* someRows(instanceId); rows.length > 0; rows = yield* someRows(instanceId)) {
            yield* commit(stored.record, rows)
            expectedVersion += 1
          }
          yield* commit(null, [])
          signals.cutOff.set(instanceId, null)
          return true
        })
      }
    })
  )
}
