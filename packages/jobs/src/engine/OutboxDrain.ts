import { type BaseTrackingEvent, type DeliveryVerdict, EventTracker, noopTracker } from "@durable-effect/core"
import { Array as Arr, Context, Effect, Fiber, Layer, Option, Predicate, Schedule, Semaphore } from "effect"
import type { HostUnavailable } from "../errors.ts"
import { eventTexts } from "../events/eventLines.ts"
import type { OutboxRow } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { JobMetrics } from "./JobMetrics.ts"
import { Judged } from "./Judged.ts"
import { drainTimeoutMs } from "./Settings.ts"
import { Signals } from "./Signals.ts"

/** Maximum rows read at once. */
const rowsAtOnce = 500

/** Maximum events passed to the tracker at once. */
const eventsAtOnce = 2500

/** Pending events are counted only for a log message: beyond this many rows, "more than" is enough. */
const countedAtMost = 1000

const countOf = (rows: ReadonlyArray<OutboxRow>): number => rows.reduce((count, { events }) => count + events.length, 0)

const readable = ({ events, position }: OutboxRow): OutboxRow => ({ position, events: eventTexts(events) })

const isEvent = (value: unknown): value is BaseTrackingEvent =>
  Predicate.hasProperty(value, "type") && Predicate.isString(value.type) && Predicate.hasProperty(value, "eventId") &&
  Predicate.isString(value.eventId) && Predicate.hasProperty(value, "timestamp") && Predicate.isString(value.timestamp)

const parse = (json: string): BaseTrackingEvent | undefined => {
  try {
    const event: unknown = JSON.parse(json)
    return isEvent(event) ? event : undefined
  } catch {
    return undefined
  }
}

/**
 * Runs tracker code so that whoever waits for it can stop at any time: it may take long to be interrupted, or be
 * uninterruptible.
 */
const leavable = <A>(call: () => Effect.Effect<A>, onLeft?: (fiber: Fiber.Fiber<A>) => void): Effect.Effect<A> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.forkDetach(Effect.suspend(call), { startImmediately: true }),
      (fiber) =>
        Effect.onInterrupt(restore(Fiber.join(fiber)), () =>
          Effect.sync(() => {
            onLeft?.(fiber)
            fiber.interruptUnsafe()
          }))
    )
  )

/**
 * Delivers committed events from the outbox to the tracker, in order, without ever blocking a job. With tracking off,
 * they stay where they are.
 */
export class OutboxDrain extends Context.Service<OutboxDrain, {
  /** Drains whenever there are events; after a `retryLater` it waits 1 s, 2 s … up to 30 s. Never ends. */
  readonly run: Effect.Effect<never>
  /**
   * Drains what is there now and flushes the tracker, unless it answers `retryLater`; gives up after 3 s, even on a
   * tracker that cannot be interrupted.
   */
  readonly flush: Effect.Effect<void>
}>()("@durable-effect/jobs/OutboxDrain") {
  static readonly layer = Layer.effect(
    OutboxDrain,
    Effect.gen(function*() {
      const host = yield* JobsHost
      const signals = yield* Signals
      const metrics = yield* JobMetrics
      const tracker = Option.getOrElse(yield* Effect.serviceOption(EventTracker), () => noopTracker)
      const oneAtATime = yield* Semaphore.make(1)
      const judged = new Judged()

      /** The delivery abandoned before it ended, so that the same events are not in flight twice. */
      let left: Fiber.Fiber<unknown> | undefined

      type Verdicts = Effect.Effect<ReadonlyArray<DeliveryVerdict>>

      const hand = (call: () => Verdicts): Verdicts =>
        Effect.andThen(
          Effect.suspend(() => left === undefined ? Effect.void : Fiber.await(left)),
          leavable(call, (delivery) => {
            left = delivery
          })
        )

      const { deliver } = tracker
      const deliverJson = deliver?.json
      const deliverEvents = (events: Arr.NonEmptyReadonlyArray<BaseTrackingEvent>): Verdicts =>
        deliver === undefined
          ? Effect.as(Effect.forEach(events, tracker.emit), events.map(() => "delivered" as const))
          : deliver(events)

      /** For a tracker without `deliver.json`. */
      const fatesOfEvents = Effect.fnUntraced(function*(texts: Arr.NonEmptyReadonlyArray<string>) {
        const parsed = texts.map(parse)
        const events = parsed.filter((event) => event !== undefined)
        const broken = texts.length - events.length
        if (broken > 0) yield* Effect.logError(`${broken} texts in the outbox are no events and are dropped`)
        const verdicts = Arr.isArrayNonEmpty(events) ? yield* hand(() => deliverEvents(events)) : []
        let next = 0
        return parsed.map((event) => event === undefined ? "rejected" : verdicts[next++] ?? "retryLater")
      })

      const fatesOf = deliverJson === undefined
        ? fatesOfEvents
        : (texts: Arr.NonEmptyReadonlyArray<string>): Verdicts => hand(() => deliverJson(texts))

      /** Delivers what is open in the rows, some at a time. Returns the rows that are done. */
      const settle = Effect.fnUntraced(function*(rows: ReadonlyArray<OutboxRow>) {
        for (const parcel of judged.parcels(rows, eventsAtOnce)) {
          const { texts } = parcel
          if (Arr.isArrayNonEmpty(texts) && !judged.note(parcel, yield* fatesOf(texts))) break
        }
        return rows.filter((row) => judged.isAllOf(row))
      })

      const forget = (rows: ReadonlyArray<OutboxRow>) =>
        rows.length === 0 ? Effect.void : Effect.map(host.ackOutbox(rows.map(({ position }) => position)), () => {
          judged.forget(rows)
          metrics.outboxGrew(-countOf(rows))
        })

      /** Delivers what there is. Invalid events can never be delivered and are dropped. */
      const drainAll = Effect.gen(function*() {
        let after = 0
        /** The deletion of the previous rows, which need not be waited for. */
        let forgetting: Fiber.Fiber<void, HostUnavailable> | undefined
        while (true) {
          const rows = (yield* host.peekOutbox(rowsAtOnce, after)).map(readable)
          if (after === 0 && rows.length === 0) metrics.outboxIs(0)
          else metrics.outboxIsAtLeast(countOf(rows))
          const settled = yield* settle(rows)
          if (forgetting !== undefined) yield* Fiber.join(forgetting)
          const last = rows.at(-1)
          if (last === undefined) return "empty"
          if (settled.length < rows.length) {
            yield* forget(settled)
            return "retryLater"
          }
          forgetting = yield* Effect.forkChild(forget(settled), { startImmediately: true })
          after = last.position
        }
      })

      const drain = oneAtATime.withPermit(drainAll).pipe(
        Effect.catchCause((cause) =>
          Effect.as(Effect.logWarning("Events stay in the outbox for now", cause), "retryLater" as const)
        )
      )

      const drainUntilEmpty = drain.pipe(
        Effect.flatMap((state) => state === "empty" ? Effect.void : Effect.fail(state)),
        Effect.retry(Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])),
        Effect.orDie
      )

      const tellWhatWaits = Effect.gen(function*() {
        const rows = yield* host.peekOutbox(countedAtMost + 1)
        const known = countOf(rows)
        metrics.outboxIs(known)
        if (known === 0) return
        const count = rows.length > countedAtMost ? `more than ${known - 1}` : known
        yield* Effect.logWarning(
          `Tracking events of an earlier runtime wait in the outbox (${count}), and this one has no tracker. They stay ` +
            "there; give the runtime the option `tracker` to have them delivered."
        )
      }).pipe(Effect.catch((error) => Effect.logWarning("The outbox cannot be read", error)))

      // The no-op tracker is not a receiver: events delivered to it would be gone.
      if (tracker === noopTracker) return { run: Effect.andThen(tellWhatWaits, Effect.never), flush: Effect.void }

      return {
        run: Effect.forever(Effect.andThen(drainUntilEmpty, signals.outbox.wait)),
        flush: drain.pipe(
          // A flush of an unreachable tracker would wait in vain.
          Effect.flatMap((state) => state === "retryLater" ? Effect.void : leavable(() => tracker.flush())),
          Effect.timeoutOption(drainTimeoutMs),
          Effect.asVoid
        )
      }
    })
  )
}
