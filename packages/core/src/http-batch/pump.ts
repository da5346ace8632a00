import { Clock, Effect, Latch, Random, type Scheduler, type Scope } from "effect"
import type { Batch, SendResult } from "./Batch.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Envelope } from "./Envelope.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { Intake } from "./Intake.ts"
import type { Options } from "./options.ts"
import { makeWarn, warningOf, warningOfLoss } from "./warnings.ts"

/** Events encoded in one go. Between two goes other fibers run: a burst must not hold up the event loop. */
const encodedAtOnce = 256

export const monotonicMs = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

export interface Pump {
  /** Makes the pump look at what there is to do, soon and on its own stack. */
  readonly wake: () => void
  /** Runs something soon, once the current step of the books is complete. */
  readonly later: (task: () => void) => void
  /** Trace context for the batches that are formed next. */
  readonly noteTrace: (traceparent: string | undefined) => void
  /** Tells of what was lost since the last report. */
  readonly reportLosses: Effect.Effect<void>
}

/** Starts the fiber that carries out what `Deliveries` decides. It and its requests live in `scope`. */
export const startPump = Effect.fnUntraced(function*(parts: {
  readonly deliveries: Deliveries
  readonly intake: Intake
  readonly options: Options
  readonly onLoss: HttpBatchTrackerConfig["onLoss"]
  readonly send: (batch: Batch, envelope: Envelope) => Effect.Effect<SendResult>
  readonly onProgress: () => void
  readonly scope: Scope.Scope
}) {
  const { deliveries, intake, onLoss, options, scope, send } = parts
  const latch = Latch.makeUnsafe(false)
  const warn = makeWarn()
  let dispatcher: Scheduler.SchedulerDispatcher | undefined
  let isWaking = false
  let traceparent: string | undefined

  const later = (task: () => void) => {
    if (dispatcher === undefined) task()
    else dispatcher.scheduleTask(task, 0)
  }
  // Opening the latch right here would run the pump on the stack of whoever emits.
  const wake = () => {
    if (isWaking) return
    isWaking = true
    later(() => {
      isWaking = false
      latch.openUnsafe()
    })
  }

  const reportLosses = Effect.suspend(() =>
    Effect.forEach(deliveries.ledger.takeReports(), (loss) =>
      onLoss === undefined
        ? warn(loss.reason, warningOfLoss(loss))
        : Effect.catchDefect(
          Effect.sync(() => onLoss(loss)),
          (defect) => warn("onLoss", `onLoss threw: ${String(defect)}`)
        ), { discard: true })
  )

  const run = Effect.fnUntraced(function*(batch: Batch) {
    const result = yield* send(batch, deliveries.envelope)
    deliveries.settle(batch, result, yield* monotonicMs, yield* Random.next)
    parts.onProgress()
    wake()
    const message = warningOf(result, batch, options.shownUrl)
    if (message !== undefined) yield* warn(result.kind, message)
  })

  const turn = Effect.gen(function*() {
    latch.closeUnsafe()
    const now = yield* monotonicMs
    intake.drain(encodedAtOnce, now)
    for (
      let batch = deliveries.next(now, traceparent);
      batch !== undefined;
      batch = deliveries.next(now, traceparent)
    ) {
      yield* Effect.forkIn(run(batch), scope)
    }
    parts.onProgress()
    if (deliveries.ledger.hasReports) yield* reportLosses
    const nextAt = deliveries.nextAt(now)
    if (!intake.isEmpty) yield* Effect.yieldNow
    else if (nextAt === undefined) yield* latch.await
    else yield* Effect.timeoutOption(latch.await, Math.max(nextAt - now, 0))
  })

  yield* Effect.forkIn(
    Effect.withFiber((fiber) => {
      dispatcher = fiber.currentDispatcher
      return Effect.forever(turn, { disableYield: true })
    }),
    scope
  )

  return {
    wake,
    later,
    // Whoever asks for it, warnings go to the log of where the tracker was made.
    reportLosses: Effect.provideContext(reportLosses, yield* Effect.context()),
    noteTrace: (current) => {
      traceparent = current
    }
  } satisfies Pump
})
