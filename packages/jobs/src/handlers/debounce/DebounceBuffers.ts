import { isoOfMillis } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import type { AddedEvent, DebounceDefinition } from "../../Debounce.ts"
import type { DebounceBuffer, NextBuffer } from "../../engine/DebounceBuffer.ts"
import { type InstanceRecord, traceOf } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { Trace } from "../../engine/Trace.ts"
import type { RunError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type { DebounceRequests } from "../../requests/debounce.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import type { StorableSchema } from "../../Storable.ts"
import { bufferOf } from "./decide.ts"
import { reduceEvent } from "./reduceEvent.ts"
import { flushAtOf, isFull } from "./window.ts"

export type Definition = DebounceDefinition<StorableSchema, StorableSchema, never>

/** An event and who adds it. */
export interface Addition {
  readonly event: AddedEvent<never>
  readonly request: DebounceRequests["add"]
  readonly trace: Trace | undefined
}

type Added = { readonly eventCount: number; readonly flushAt: number }
const tellAdded = (step: JobStep, eventCount: number, flushAt: number) => {
  addJobEvent(step, {
    type: "debounce.event.added",
    eventCount,
    isFirst: eventCount === 1,
    flushAt: isoOfMillis(flushAt)
  })
}

const setBuffer = (step: JobStep, debounce: DebounceBuffer) => {
  step.record = { ...recordOf(step), debounce }
}

/** Fills buffers. The caller commits. */
export class DebounceBuffers extends Context.Service<DebounceBuffers, {
  /** Adds to the buffer awaiting its flush; the first event begins an incarnation with it. */
  readonly add: (step: JobStep, definition: Definition, addition: Addition) => Effect.Effect<Added, RunError>
  /** Adds to the next buffer, while the flush runs or waits for its retry. No event reports it yet. */
  readonly addToNext: (step: JobStep, definition: Definition, addition: Addition) => Effect.Effect<Added, RunError>
  /** Begins the incarnation of what was added during the flush of the one that has ended. */
  readonly openNext: (
    step: JobStep,
    definition: Definition,
    ended: InstanceRecord,
    next: NextBuffer
  ) => Effect.Effect<void>
  /** Begins an incarnation with the buffer of a failed one. */
  readonly reopen: (step: JobStep, failed: InstanceRecord, trace: Trace | undefined) => Effect.Effect<void>
}>()("@durable-effect/jobs/DebounceBuffers") {
  static readonly layer = Layer.effect(
    DebounceBuffers,
    Effect.gen(function*() {
      const alarms = yield* AlarmService
      const metadata = yield* MetadataService

      return {
        add: Effect.fnUntraced(function*(step, definition, { event, request, trace }) {
          const before = step.record
          const now = step.clock.currentTimeMillisUnsafe()
          const incarnationId = before?.incarnationId ?? step.ids.next(now)
          const { eventCount: countBefore = 0, startedAt = now } = before?.debounce ?? {}
          const eventCount = countBefore + 1
          const state = yield* reduceEvent(step, event, {
            incarnationId,
            trace: before === undefined ? trace : traceOf(before),
            state: before?.state,
            eventCount,
            isNext: false
          })
          if (before === undefined) {
            yield* metadata.initialize(step, {
              jobType: "debounce",
              jobName: request.name,
              id: request.id,
              state,
              input: event.stored,
              trace,
              parentIncarnationId: request.parentIncarnationId,
              incarnationId
            })
          } else step.record = { ...before, state }
          setBuffer(step, { eventCount, startedAt })
          const flushAt = flushAtOf(definition, { startedAt, lastAt: now })
          tellAdded(step, eventCount, flushAt)
          const set = recordOf(step).alarm
          // A buffer that is flushed immediately needs no later alarm than it has.
          if (set === null || (set.at !== flushAt && !isFull(definition, eventCount))) {
            yield* alarms.schedule(step, { at: flushAt, kind: "flush" })
          }
          return { eventCount, flushAt }
        }),

        addToNext: Effect.fnUntraced(function*(step, definition, { event, request, trace }) {
          const now = step.clock.currentTimeMillisUnsafe()
          const before = bufferOf(recordOf(step)).next
          const incarnationId = before?.incarnationId ?? step.ids.next(now)
          const eventCount = (before?.eventCount ?? 0) + 1
          const state = yield* reduceEvent(step, event, {
            incarnationId,
            trace: before === undefined ? trace : before.trace,
            state: before?.state,
            eventCount,
            isNext: true
          })
          const { parentIncarnationId } = request
          const first: NextBuffer = before ?? {
            incarnationId,
            ...(trace === undefined ? {} : { trace }),
            ...(parentIncarnationId === undefined ? {} : { parentIncarnationId }),
            input: event.stored,
            state,
            eventCount,
            startedAt: now,
            lastAt: now
          }
          const next = { ...first, state, eventCount, lastAt: now }
          setBuffer(step, { ...bufferOf(recordOf(step)), next })
          return { eventCount, flushAt: flushAtOf(definition, next) }
        }),

        openNext: Effect.fnUntraced(function*(step, definition, ended, next) {
          const { eventCount, startedAt } = next
          yield* metadata.initialize(step, {
            jobType: ended.jobType,
            jobName: ended.jobName,
            id: ended.id,
            state: next.state,
            input: next.input,
            trace: next.trace,
            parentIncarnationId: next.parentIncarnationId,
            incarnationId: next.incarnationId
          })
          setBuffer(step, { eventCount, startedAt })
          const now = step.clock.currentTimeMillisUnsafe()
          const inTime = flushAtOf(definition, next)
          const flushAt = isFull(definition, eventCount) ? Math.min(now, inTime) : inTime
          for (let count = 1; count <= eventCount; count++) tellAdded(step, count, flushAt)
          yield* alarms.schedule(step, { at: flushAt, kind: "flush" })
        }),

        reopen: Effect.fnUntraced(function*(step, failed, trace) {
          const { id, jobName, jobType, parentIncarnationId, state } = failed
          yield* metadata.initialize(step, {
            jobType,
            jobName,
            id,
            state,
            input: state,
            trace,
            parentIncarnationId
          })
          setBuffer(step, bufferOf(failed))
        })
      }
    })
  )
}
