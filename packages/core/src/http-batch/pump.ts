import { Clock, Context, Effect, Exit, Random, Scheduler, Scope } from "effect"
import { Alarm, type Run } from "./Alarm.ts"
import type { Batch, SendResult } from "./Batch.ts"
import type { Deliveries } from "./Deliveries.ts"
import { describeThrown } from "./describeThrown.ts"
import type { Envelope } from "./Envelope.ts"
import type { Exchange } from "./Exchange.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { Intake } from "./Intake.ts"
import { LossReporter } from "./LossReporter.ts"
import type { Options } from "./options.ts"
import type { SelfMetrics } from "./selfMetrics.ts"
import { warningOf, Warnings } from "./warnings.ts"

/** Pause after an unexpected exception in one of our own steps. */
const afterDefectMs = 1000

/** A scheduled turn that is this late will never come: a Worker's timers end with the request that set them. */
const deadAfterMs = 1000

/** Milliseconds of a monotonic clock. */
export const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

interface Request {
  readonly exchange: Exchange
  readonly startedAt: bigint
  stop: () => void
}

export interface Pump {
  /** Schedules a turn on a stack of its own. Returns whether none was scheduled yet. */
  readonly wake: () => boolean
  /** Runs a task soon, after the current update of the state is complete. */
  readonly later: (task: () => void) => void
  readonly losses: LossReporter
  /** Settles all requests whose status line has arrived, without waiting for their bodies. */
  readonly settleAnswered: () => void
}

/**
 * Carries out what `Deliveries` decides: a plain function that runs whenever something has happened, and the requests
 * it starts. They end with `scope`.
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
  // Uses its own scheduler: that of a program run synchronously would never yield to the event loop.
  const scheduler = new Scheduler.MixedScheduler()
  const context = Context.add(yield* Effect.context(), Scheduler.Scheduler, scheduler)
  const run: Run = Effect.runCallbackWith(context)
  const warnings = new Warnings(() => monotonicMs(clock))
  const losses = new LossReporter(deliveries.ledger, warnings, onLoss, options.shownUrl)
  const underWay = new Map<Batch, Request>()
  let isAwake = false
  /** When an overdue turn was first noticed. */
  let doubtedAt: number | undefined
  let isStopped = false

  const later = (task: () => void) => void scheduler.setImmediate(task)
  const isDead = () => {
    const now = monotonicMs(clock)
    doubtedAt ??= now
    return now - doubtedAt >= deadAfterMs
  }
  const wake = () => {
    if (isAwake && !isDead()) return false
    isAwake = true
    doubtedAt = undefined
    later(turn)
    return true
  }
  const alarm = new Alarm(run, wake)
  const runApart = (effect: Effect.Effect<void>) => void run(effect, { onExit: () => undefined })

  const settle = (batch: Batch, request: Request, result: SendResult, isLate: boolean) => {
    underWay.delete(batch)
    const now = clock.monotonicTimeNanosUnsafe()
    const { status } = request.exchange
    const errorType = result.kind === "Acknowledged" ? undefined : String(status ?? (isLate ? "timeout" : "network"))
    metrics.requested(Number(now - request.startedAt) / 1e9, status, errorType)
    deliveries.settle(batch, result, monotonicMs(clock), random.nextDoubleUnsafe())
    onProgress()
    wake()
    const message = warningOf(result, batch, options.shownUrl, onLoss === undefined)
    // "refused" is also a loss reason: logged once a minute, whichever of the two comes first.
    if (message !== undefined) runApart(warnings.warn(result.kind.toLowerCase(), message))
  }

  const send = (batch: Batch) => {
    const exchange = open(batch, deliveries.envelopeOf(batch))
    const request: Request = { exchange, startedAt: clock.monotonicTimeNanosUnsafe(), stop: () => undefined }
    underWay.set(batch, request)
    request.stop = run(exchange.run, {
      onExit: (exit) => {
        if (!underWay.has(batch)) return // already abandoned and settled
        const result = exchange.result(exit, clock.currentTimeMillisUnsafe())
        settle(batch, request, result, false)
        // Not if the batch may be sent again, nor if the transport was interrupted midway.
        if (Exit.isSuccess(exit) && result.kind === "Acknowledged") deliveries.bodies.release(batch.json)
      }
    })
  }

  const giveUp = (batch: Batch, afterMs: number) => {
    const request = underWay.get(batch)
    if (request === undefined) return
    settle(batch, request, request.exchange.late(afterMs, clock.currentTimeMillisUnsafe()), true)
    request.stop()
  }

  const settleAnswered = () => {
    for (const [batch, { exchange }] of underWay) {
      if (exchange.status !== undefined) giveUp(batch, options.shutdownTimeoutMs)
    }
  }

  const step = (now: number) => {
    deliveries.inFlight.overdue(now).forEach((batch) => giveUp(batch, options.requestTimeoutMs))
    intake.drain(now)
    const next = () => deliveries.next(now, !intake.isEmpty)
    for (let batch = next(); batch !== undefined; batch = next()) send(batch)
    onProgress()
    if (losses.isDue) runApart(losses.report)
    if (!intake.isEmpty) return wake()
    alarm.ringAt(deliveries.nextAt(now), now)
  }

  const turn = () => {
    isAwake = false
    if (isStopped) return runApart(losses.report)
    const now = monotonicMs(clock)
    try {
      step(now)
    } catch (defect) {
      runApart(warnings.warn("defect", `A defect of the tracker: ${describeThrown(defect)}`))
      alarm.ringAt(now + afterDefectMs, now)
    }
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
    losses,
    settleAnswered
  } satisfies Pump
})
