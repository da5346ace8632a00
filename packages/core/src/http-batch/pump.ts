import { Clock, Effect, Random, Scope } from "effect"
import { Alarm, type Run } from "./Alarm.ts"
import type { Batch, SendResult } from "./Batch.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Envelope } from "./Envelope.ts"
import type { Exchange } from "./Exchange.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { Intake } from "./Intake.ts"
import type { Options } from "./options.ts"
import type { SelfMetrics } from "./selfMetrics.ts"
import { makeWarn, warningOf, warningOfLoss } from "./warnings.ts"

/** Events encoded in one go. Between two goes other fibers run: a burst must not hold up the event loop. */
const encodedAtOnce = 256

/** Milliseconds of a clock that never steps back. */
export const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

interface Request {
  readonly exchange: Exchange
  readonly startedAt: bigint
  stop: () => void
}

export interface Pump {
  /** Looks at what there is to do, soon and on its own stack. */
  readonly wake: () => void
  /** Runs something soon, once the current step of the books is complete. */
  readonly later: (task: () => void) => void
  /** Trace context for the batches that are formed next. */
  readonly noteTrace: (traceparent: string | undefined) => void
  /** Tells of what was lost since the last report. */
  readonly reportLosses: Effect.Effect<void>
  /** The same, soon and on its own stack. */
  readonly reportSoon: () => void
  /** Takes the status line for the answer wherever there is one: no body is waited for any longer. */
  readonly settleAnswered: () => void
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
  readonly metrics: SelfMetrics
  readonly onProgress: () => void
  readonly scope: Scope.Scope
}) {
  const { deliveries, intake, metrics, onLoss, onProgress, open, options, scope } = parts
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const context = yield* Effect.context()
  const dispatcher = yield* Effect.withFiberSucceed((fiber) => fiber.currentDispatcher)
  const run: Run = Effect.runCallbackWith(context)
  const warn = makeWarn()
  const underWay = new Map<Batch, Request>()
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

  let isReporting = false
  const reportSoon = () => {
    if (isReporting) return
    isReporting = true
    later(() => {
      isReporting = false
      runApart(reportLosses)
    })
  }

  const settle = (batch: Batch, request: Request, result: SendResult, isLate: boolean) => {
    underWay.delete(batch)
    const now = clock.monotonicTimeNanosUnsafe()
    const { status } = request.exchange
    const errorType = result.kind === "Acknowledged" ? undefined : String(status ?? (isLate ? "timeout" : "network"))
    metrics.requested(Number(now - request.startedAt) / 1e9, status, errorType)
    deliveries.settle(batch, result, monotonicMs(clock), random.nextDoubleUnsafe())
    onProgress()
    wake()
    const message = warningOf(result, batch, options.shownUrl)
    if (message !== undefined) runApart(warn(result.kind, message))
  }

  const send = (batch: Batch) => {
    const exchange = open(batch, deliveries.envelope)
    const request: Request = { exchange, startedAt: clock.monotonicTimeNanosUnsafe(), stop: () => undefined }
    underWay.set(batch, request)
    request.stop = run(exchange.run, {
      onExit: (exit) => {
        if (!underWay.has(batch)) return // it was given up, and has met its fate
        settle(batch, request, exchange.result(exit, clock.currentTimeMillisUnsafe()), false)
      }
    })
  }

  const giveUp = (batch: Batch) => {
    const request = underWay.get(batch)
    if (request === undefined) return
    settle(batch, request, request.exchange.late(options.requestTimeoutMs, clock.currentTimeMillisUnsafe()), true)
    request.stop()
  }

  const settleAnswered = () => {
    for (const [batch, { exchange }] of underWay) if (exchange.status !== undefined) giveUp(batch)
  }

  const turn = () => {
    isAwake = false
    if (isStopped) return
    const now = monotonicMs(clock)
    deliveries.inFlight.overdue(now).forEach(giveUp)
    intake.drain(encodedAtOnce, now)
    for (
      let batch = deliveries.next(now, traceparent);
      batch !== undefined;
      batch = deliveries.next(now, traceparent)
    ) {
      send(batch)
    }
    onProgress()
    if (deliveries.ledger.hasReports) reportSoon()
    if (!intake.isEmpty) return wake()
    const nextAt = deliveries.nextAt(now)
    if (nextAt !== undefined) alarm.ringAt(nextAt, now)
  }

  yield* Scope.addFinalizer(
    scope,
    Effect.sync(() => {
      isStopped = true
      alarm.stop()
      const requests = [...underWay.values()]
      underWay.clear()
      requests.forEach(({ stop }) => stop())
    })
  )

  return {
    wake,
    later,
    // Whoever asks for it, warnings go to the log of where the tracker was made.
    reportLosses: Effect.provideContext(reportLosses, context),
    reportSoon,
    settleAnswered,
    noteTrace: (current) => {
      traceparent = current
    }
  } satisfies Pump
})
