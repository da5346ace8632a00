import { Clock, Effect, Random, Scope } from "effect"
import { Alarm, type Run } from "./Alarm.ts"
import type { Batch, SendResult } from "./Batch.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Envelope } from "./Envelope.ts"
import type { Exchange } from "./Exchange.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { Intake } from "./Intake.ts"
import type { Options } from "./options.ts"
import { makeWarn, warningOf, warningOfLoss } from "./warnings.ts"

/** Events encoded in one go. Between two goes other fibers run: a burst must not hold up the event loop. */
const encodedAtOnce = 256

/** Milliseconds of a clock that never steps back. */
export const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

export interface Pump {
  /** Looks at what there is to do, soon and on its own stack. */
  readonly wake: () => void
  /** Runs something soon, once the current step of the books is complete. */
  readonly later: (task: () => void) => void
  /** Trace context for the batches that are formed next. */
  readonly noteTrace: (traceparent: string | undefined) => void
  /** Tells of what was lost since the last report. */
  readonly reportLosses: Effect.Effect<void>
}

/**
 * Carries out what `Deliveries` decides: a plain function that runs when something has happened, and the requests that it
 * starts. They end with `scope`.
 */
export const startPump = Effect.fnUntraced(function*(parts: {
  readonly deliveries: Deliveries
  readonly intake: Intake
  readonly options: Options
  readonly onLoss: HttpBatchTrackerConfig["onLoss"]
  readonly open: (batch: Batch, envelope: Envelope) => Exchange
  readonly onProgress: () => void
  readonly scope: Scope.Scope
}) {
  const { deliveries, intake, onLoss, onProgress, open, options, scope } = parts
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const context = yield* Effect.context()
  const dispatcher = yield* Effect.withFiberSucceed((fiber) => fiber.currentDispatcher)
  const run: Run = Effect.runCallbackWith(context)
  const warn = makeWarn()
  const underWay = new Map<Batch, { readonly exchange: Exchange; stop: () => void }>()
  let isAwake = false
  let isStopped = false
  let traceparent: string | undefined

  const later = (task: () => void) => dispatcher.scheduleTask(task, 0)
  const wake = () => {
    if (isAwake || isStopped) return
    isAwake = true
    later(turn)
  }
  const alarm = new Alarm(run, wake)
  const runApart = (effect: Effect.Effect<void>) => void run(effect, { onExit: () => undefined })

  const reportLosses = Effect.suspend(() =>
    Effect.forEach(deliveries.ledger.takeReports(), (loss) =>
      onLoss === undefined
        ? warn(loss.reason, warningOfLoss(loss))
        : Effect.catchDefect(
          Effect.sync(() => onLoss(loss)),
          (defect) => warn("onLoss", `onLoss threw: ${String(defect)}`)
        ), { discard: true })
  )

  const settle = (batch: Batch, result: SendResult) => {
    underWay.delete(batch)
    deliveries.settle(batch, result, monotonicMs(clock), random.nextDoubleUnsafe())
    onProgress()
    wake()
    const message = warningOf(result, batch, options.shownUrl)
    if (message !== undefined) runApart(warn(result.kind, message))
  }

  const send = (batch: Batch) => {
    const exchange = open(batch, deliveries.envelope)
    const request = { exchange, stop: () => {} }
    underWay.set(batch, request)
    request.stop = run(exchange.run, {
      onExit: (exit) => {
        // One that was given up has met its fate before.
        if (underWay.has(batch)) settle(batch, exchange.result(exit, clock.currentTimeMillisUnsafe()))
      }
    })
  }

  const giveUp = (batch: Batch) => {
    const request = underWay.get(batch)
    if (request === undefined) return
    settle(batch, request.exchange.late(options.requestTimeoutMs, clock.currentTimeMillisUnsafe()))
    request.stop()
  }

  const turn = () => {
    isAwake = false
    if (isStopped) return
    const now = monotonicMs(clock)
    deliveries.overdue(now).forEach(giveUp)
    intake.drain(encodedAtOnce, now)
    for (
      let batch = deliveries.next(now, traceparent);
      batch !== undefined;
      batch = deliveries.next(now, traceparent)
    ) {
      send(batch)
    }
    onProgress()
    if (deliveries.ledger.hasReports) runApart(reportLosses)
    if (!intake.isEmpty) return wake()
    const nextAt = deliveries.nextAt(now)
    if (nextAt !== undefined) alarm.ringAt(nextAt, now)
  }

  yield* Scope.addFinalizer(
    scope,
    Effect.sync(() => {
      isStopped = true
      alarm.stop()
      for (const { stop } of underWay.values()) stop()
      underWay.clear()
    })
  )

  return {
    wake,
    later,
    // Whoever asks for it, warnings go to the log of where the tracker was made.
    reportLosses: Effect.provideContext(reportLosses, context),
    noteTrace: (current) => {
      traceparent = current
    }
  } satisfies Pump
})
