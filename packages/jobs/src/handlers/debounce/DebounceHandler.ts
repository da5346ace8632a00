import { Context, Effect, Layer } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { Trace } from "../../engine/Trace.ts"
import type { JobsError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { Registry } from "../../JobRegistry.ts"
import type { DebounceAction, DebounceAnswers, DebounceRequest, DebounceRequests } from "../../requests/debounce.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { CommonActions, isFailed } from "../common/CommonActions.ts"
import { onTarget } from "../common/onTarget.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import { addedAndFlushed, flushed } from "./answers.ts"
import { type Addition, DebounceBuffers, type Definition } from "./DebounceBuffers.ts"
import { DebounceRuns } from "./DebounceRuns.ts"
import { bufferOf, decideAlarm, decideFlush, newFlush, statusOf, willFlushAt } from "./decide.ts"
import { isFull } from "./window.ts"

type Actions = {
  readonly [A in DebounceAction]: (
    request: DebounceRequests[A],
    definition: Definition,
    instanceId: string
  ) => Effect.Effect<DebounceAnswers[A], JobsError>
}

/** Handles all requests to a debounce job, and its alarms. */
export class DebounceHandler extends Context.Service<DebounceHandler, {
  readonly handle: <A extends DebounceAction>(
    request: DebounceRequest<A>
  ) => Effect.Effect<DebounceAnswers[A], JobsError>
  /** @param generation generation of the alarm that fired; undefined if the host does not know */
  readonly handleAlarm: (
    instanceId: string,
    jobName: string,
    generation: number | undefined
  ) => Effect.Effect<void, JobsError>
}>()("@durable-effect/jobs/DebounceHandler") {
  static readonly layer = Layer.effect(
    DebounceHandler,
    Effect.gen(function*() {
      const registry = yield* Registry
      const steps = yield* InstanceSteps
      const store = yield* StepStore
      const cleanup = yield* CleanupService
      const common = yield* CommonActions
      const buffers = yield* DebounceBuffers
      const runs = yield* DebounceRuns

      const add = Effect.fnUntraced(function*(step: JobStep, definition: Definition, addition: Addition) {
        const { instanceId, record } = step
        const there = { instanceId, created: record === undefined, retryScheduled: false }
        if (record !== undefined && isFailed(record)) {
          const { eventCount } = bufferOf(record)
          return { ...there, eventCount, willFlushAt: null, status: "failed" as const }
        }
        if (record !== undefined && record.execution !== null) {
          const { eventCount, flushAt } = yield* buffers.addToNext(step, definition, addition)
          return { ...there, eventCount, willFlushAt: flushAt, status: "flushing" as const }
        }
        const { eventCount, flushAt } = yield* steps.orQuarantine(step, buffers.add(step, definition, addition))
        if (!isFull(definition, eventCount)) {
          return { ...there, eventCount, willFlushAt: flushAt, status: "debouncing" as const }
        }
        const now = step.clock.currentTimeMillisUnsafe()
        const decision = decideFlush(step.record, "maxEvents", definition.retry, now)
        const result = yield* steps.orQuarantine(step, runs.carryOut(step, definition, decision))
        return addedAndFlushed({ created: there.created, eventCount }, { instanceId, result, record: step.record })
      })

      const flush = Effect.fnUntraced(function*(step: JobStep, definition: Definition) {
        const now = step.clock.currentTimeMillisUnsafe()
        const decision = decideFlush(step.record, "manual", definition.retry, now)
        if (decision._tag === "Nothing") {
          return { flushed: false, eventCount: 0, reason: "empty" as const, retryScheduled: false }
        }
        const { eventCount } = bufferOf(recordOf(step))
        const result = yield* steps.orQuarantine(step, runs.carryOut(step, definition, decision))
        return flushed({ eventCount }, { instanceId: step.instanceId, result, record: step.record })
      })

      const clear = Effect.fnUntraced(function*(step: JobStep) {
        const { record } = step
        if (record === undefined || isFailed(record)) return { cleared: false, discardedEvents: 0 }
        const { eventCount, next } = bufferOf(record)
        const discardedEvents = eventCount + (next?.eventCount ?? 0)
        addJobEvent(step, { type: "debounce.cleared", discardedEvents })
        yield* cleanup.terminate(step, { by: "clear" })
        return { cleared: true, discardedEvents }
      })

      const retry = Effect.fnUntraced(function*(step: JobStep, definition: Definition, trace: Trace | undefined) {
        const { record } = step
        if (record?.status !== "failed") return { retried: false }
        yield* buffers.reopen(step, record, trace)
        yield* runs.run(step, definition, newFlush(recordOf(step), "retry"))
        return { retried: true }
      })

      const discard = Effect.fnUntraced(function*(step: JobStep, definition: Definition) {
        if (!isFailed(step.record)) return { discarded: false }
        yield* runs.end(step, definition, cleanup.terminate(step, { by: "discard" }))
        return { discarded: true }
      })

      const wake = (step: JobStep, definition: Definition, generation: number | undefined) => {
        const decision = decideAlarm(step.record, definition, step.clock.currentTimeMillisUnsafe(), generation)
        return steps.orQuarantine(step, runs.carryOut(step, definition, decision))
      }

      const actions: Actions = {
        add: Effect.fnUntraced(function*(request, definition, instanceId) {
          const event = yield* orInvalidInput(() => definition.readEvent(request.event), instanceId, "event")
          const trace = yield* callersTrace
          const addition = { event, request, trace }
          return yield* steps.run(instanceId, (step) => add(step, definition, addition), {
            turn: "visit",
            call: request
          })
        }),

        flush: (request, definition, instanceId) =>
          steps.run(instanceId, (step) => flush(step, definition), { call: request }),

        clear: (request, _definition, instanceId) => steps.run(instanceId, clear, { call: request }),

        terminate: (request, _definition, instanceId) => common.terminate(instanceId, request),

        status: (_request, _definition, instanceId) =>
          Effect.map(store.read(instanceId), (record) => ({
            status: statusOf(record),
            eventCount: record?.debounce?.eventCount ?? 0,
            startedAt: record?.debounce?.startedAt ?? null,
            willFlushAt: willFlushAt(record)
          })),

        getState: (_request, definition, instanceId) => common.getState(instanceId, definition),

        retry: (request, definition, instanceId) =>
          Effect.flatMap(
            callersTrace,
            (trace) => steps.run(instanceId, (step) => retry(step, definition, trace), { call: request })
          ),

        discard: (request, definition, instanceId) =>
          steps.run(instanceId, (step) => discard(step, definition), { call: request })
      }

      return {
        handle: (request) =>
          onTarget(
            registry.debounce,
            request,
            (definition, instanceId) => actions[request.action](request, definition, instanceId)
          ),
        handleAlarm: Effect.fnUntraced(function*(instanceId, jobName, generation) {
          const definition = yield* registry.debounce(jobName)
          yield* steps.run(instanceId, (step) => wake(step, definition, generation))
        })
      }
    })
  )
}
