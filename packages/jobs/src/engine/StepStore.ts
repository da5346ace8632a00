import { EventIds, EventTracker, noopTracker } from "@durable-effect/core"
import { Clock, Context, Deferred, Effect, Layer, Option } from "effect"
import { HostUnavailable, type ReadError, StateUndecodable } from "../errors.ts"
import { failingAs } from "../execution/failingAs.ts"
import type { Commit, Entry, StoredInstance } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { decodeRecord, type InstanceRecord } from "./InstanceRecord.ts"
import type { Interrupter } from "./Interrupter.ts"
import { JobMetrics } from "./JobMetrics.ts"
import { type Changes, JobStep, type Loaded, type StepTools } from "./JobStep.ts"
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

const isSameAlarm = (one: Commit["alarm"], other: Commit["alarm"]): boolean =>
  one?.dueAt === other?.dueAt && one?.generation === other?.generation && one?.isHeld === other?.isHeld

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
      const clock = yield* Clock.Clock
      const metrics = yield* JobMetrics
      const tools: StepTools = {
        clock,
        ids: yield* EventIds,
        metrics,
        tracked: tracker !== noopTracker,
        redact: settings.redact
      }

      const otherWriter = (error: { readonly message: string }) =>
        new HostUnavailable({ host: host.name, problem: `${error.message}. Only one runtime may own an instance.` })

      const load = <A>(
        instanceId: string,
        use: (loaded: Loaded) => A
      ): Effect.Effect<A, ReadError> =>
        Effect.flatMap(
          host.load(instanceId),
          (stored) =>
            Effect.mapEager(decode(instanceId, stored), (record) => use({ version: stored?.version ?? 0, record }))
        )

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

      /** Tells the background fibers what they have to do since a commit. */
      const announce = ({ alarmBefore, commit: { alarm, events } }: Changes): Effect.Effect<void> => {
        // An unchanged alarm is known; a pool's is due for as long as there is work.
        if (alarm !== null && alarm.isHeld !== true && !isSameAlarm(alarm, alarmBefore)) signals.wakeAt(alarm.dueAt)
        if (events.length === 0) return Effect.void
        metrics.outboxGrew(events.length)
        signals.outbox.ring()
        // Let the drain run first: local trackers, such as one in memory, then have the events when the answer arrives.
        return Effect.yieldNow
      }

      const write = (step: JobStep): Effect.Effect<void, HostUnavailable> => {
        const changes = step.beginCommit()
        return changes === undefined ? Effect.void : Effect.uninterruptible(
          Effect.matchCauseEffect(host.commit(changes.commit), {
            onFailure: (cause) => {
              step.commitFailed(changes)
              return Effect.catchTag(
                Effect.failCause(cause),
                "VersionConflict",
                (error) => Effect.fail(otherWriter(error))
              )
            },
            onSuccess: () => {
              step.commitSucceeded(changes)
              return announce(changes)
            }
          })
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
          load(instanceId, (loaded) => new JobStep(instanceId, loaded, interruption, tools)),
        reload: (step) => load(step.instanceId, (loaded) => step.reset(loaded)),
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
