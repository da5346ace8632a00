import { Deferred, Effect, Exit, Layer, Scope } from "effect"
import { nextEventId } from "./events/EventIds.ts"
import type { BaseTrackingEvent } from "./events/TrackingEvent.ts"
import { type DeliveryVerdict, EventTracker, type EventTrackerService } from "./EventTracker.ts"
import { DeliverCall } from "./http-batch/DeliverCall.ts"
import { Deliveries } from "./http-batch/Deliveries.ts"
import { type EncodedEvent, EventEncoder, idForReport } from "./http-batch/EventEncoder.ts"
import { exchangeMaker } from "./http-batch/Exchange.ts"
import type { HttpBatchTrackerConfig } from "./http-batch/HttpBatchTrackerConfig.ts"
import { Idle } from "./http-batch/Idle.ts"
import { Intake } from "./http-batch/Intake.ts"
import { Ledger } from "./http-batch/Ledger.ts"
import { type InvalidTrackerConfig, resolveOptions } from "./http-batch/options.ts"
import { startPump } from "./http-batch/pump.ts"
import { openTransport } from "./http-batch/selectTransport.ts"
import { selfMetrics } from "./http-batch/selfMetrics.ts"
import { traceparentOf } from "./http-batch/traceparent.ts"

/**
 * A tracker that posts events to a tracker-server in batches. Closing the scope delivers pending events for at most
 * `shutdownTimeout`; any that remain are counted as lost with reason `shutdown`.
 */
export const createHttpBatchTracker = Effect.fnUntraced(function*(
  config: HttpBatchTrackerConfig
): Effect.fn.Return<EventTrackerService, InvalidTrackerConfig, Scope.Scope> {
  const options = yield* resolveOptions(config)
  // Requests get their own scope: fibers of the caller's scope are interrupted before the last delivery completes.
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const transport = yield* Scope.provide(openTransport(config.transport), scope)

  const ledger = new Ledger()
  const { eventId: trackerId } = yield* nextEventId
  const deliveries = new Deliveries(options, trackerId, ledger)
  const encoder = new EventEncoder(options.origin, config.redact)
  const intake = new Intake(options, encoder, deliveries, config.sample)
  const idle = new Idle(ledger, config.waitUntil)
  const open = exchangeMaker(options, transport)
  const onProgress = () => idle.check()
  const context = yield* Effect.context()
  const metrics = selfMetrics(context, options, deliveries)
  const pump = yield* startPump({
    deliveries,
    intake,
    metrics,
    options,
    onLoss: config.onLoss,
    open,
    onProgress,
    scope
  })

  // In a Worker, every request that brings a burst is kept alive separately, and none can rely on a turn scheduled by
  // another.
  const isInWorker = config.waitUntil !== undefined
  let isClosed = false
  const detail = `the tracker closed and ${options.shutdownTimeoutMs} ms (shutdownTimeout) were not enough`
  yield* Effect.addFinalizer(() =>
    Effect.gen(function*() {
      deliveries.hurry()
      pump.wake()
      yield* Effect.timeoutOption(idle.await, options.shutdownTimeoutMs)
      isClosed = true
      pump.settleAnswered()
      yield* Scope.close(scope, Exit.void)
      intake.abandon(detail)
      deliveries.abandon(detail)
      onProgress()
      metrics.close()
      yield* pump.losses.reportAll
    })
  )

  const emit = (event: BaseTrackingEvent) =>
    Effect.withFiberSucceed((fiber) => {
      if (isClosed) {
        ledger.emitted += 1
        ledger.lose("shutdown", idForReport(event), "as all that is emitted after closing; `stats` counts on")
        pump.wake()
        return
      }
      const isFirst = intake.accept(event)
      if (isFirst) intake.noteTrace(traceparentOf(fiber))
      else if (!isInWorker) return
      if (pump.wake() || isFirst) idle.begin()
    })

  const flush = () =>
    Effect.suspend(() => {
      if (isClosed || ledger.held === 0) return Effect.void
      const done = Deferred.makeUnsafe<void>()
      const resolve = () => pump.later(() => Deferred.doneUnsafe(done, Exit.void))
      const stop = deliveries.fates.waiters.add(intake.newest, ledger.held, resolve)
      deliveries.flush(intake.newest)
      pump.wake()
      return Deferred.await(done).pipe(
        Effect.timeoutOption(options.shutdownTimeoutMs),
        // Log in the context in which the tracker was made, whoever calls this.
        Effect.andThen(Effect.provideContext(pump.losses.report, context)),
        Effect.ensuring(Effect.sync(stop))
      )
    })

  const deliverAll = (count: number, encode: (index: number) => EncodedEvent) =>
    Effect.withFiber((fiber): Effect.Effect<ReadonlyArray<DeliveryVerdict>> => {
      if (isClosed || count === 0) return Effect.succeed(Array.from({ length: count }, () => "retryLater"))
      const settled = Deferred.makeUnsafe<void>()
      const done = () => pump.later(() => Deferred.doneUnsafe(settled, Exit.void))
      const { bodies } = deliveries
      const call = new DeliverCall({ count, encode, ledger, bodies, traceparent: traceparentOf(fiber), done })
      deliveries.addCall(call)
      idle.begin()
      pump.wake()
      const cancel = Effect.sync(() => {
        deliveries.cancelCall(call)
        onProgress()
        pump.wake()
      })
      return Deferred.await(settled).pipe(Effect.onInterrupt(() => cancel), Effect.as(call.verdicts))
    })

  const deliver = (events: ReadonlyArray<BaseTrackingEvent>) =>
    deliverAll(events.length, (index) => encoder.encode(events[index]))
  const deliverJson = (events: ReadonlyArray<string>) =>
    deliverAll(events.length, (index) => encoder.encodeJson(events[index] ?? ""))

  return {
    emit,
    flush,
    deliver: Object.assign(deliver, { json: deliverJson }),
    pending: () => Effect.sync(() => ledger.pending),
    stats: () => Effect.sync(() => ledger.stats())
  }
})

/** `createHttpBatchTracker` as a layer. */
export const HttpBatchTrackerLayer = (
  config: HttpBatchTrackerConfig
): Layer.Layer<EventTracker, InvalidTrackerConfig> => Layer.effect(EventTracker, createHttpBatchTracker(config))
