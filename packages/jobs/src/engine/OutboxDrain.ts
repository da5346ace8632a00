import { type BaseTrackingEvent, type DeliveryVerdict, EventTracker, noopTracker } from "@durable-effect/core"
import { Array as Arr, Context, Effect, Fiber, Layer, Option, Predicate, Schedule, Semaphore } from "effect"
import type { HostUnavailable } from "../errors.ts"
import type { OutboxRow } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { JobMetrics } from "./JobMetrics.ts"
import { drainTimeoutMs } from "./Settings.ts"
import { Signals } from "./Signals.ts"

/** Most events given to the tracker at once. */
const batchSize = 500

/** The count of waiting events is for a sentence in the log: beyond this many, "more than" is enough. */
const countedAtMost = 1000

const isEvent = (value: unknown): value is BaseTrackingEvent =>
  Predicate.hasProperty(value, "type") && Predicate.isString(value.type) && Predicate.hasProperty(value, "eventId") &&
  Predicate.isString(value.eventId) && Predicate.hasProperty(value, "timestamp") && Predicate.isString(value.timestamp)

const parse = (row: OutboxRow): BaseTrackingEvent | undefined => {
  try {
    const event: unknown = JSON.parse(row.event)
    return isEvent(event) ? event : undefined
  } catch {
    return undefined
  }
}

/**
 * Runs what is a tracker's so that whoever waits for it can stop at any time: it may take its time to be interrupted, or
 * not let itself be.
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
 * Brings committed events from the outbox to the tracker, in order, without ever holding up a job. With tracking off
 * they stay where they are.
 */
export class OutboxDrain extends Context.Service<OutboxDrain, {
  /** Drains whenever there is something; after a `retryLater` it waits 1 s, 2 s … up to 30 s. Never ends. */
  readonly run: Effect.Effect<never>
  /**
   * Drains what is there now and flushes the tracker, unless it answers `retryLater`; gives up after 3 s, also on one that
   * cannot be interrupted.
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
      /** Rows with a verdict that the host has not forgotten yet: they need not be sent again while its disk is full. */
      const judged = new Set<number>()

      /** The delivery that was left before it had ended, so that the same events are not under way twice. */
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

      /** For a tracker that takes events alone. */
      const fatesOfEvents = Effect.fnUntraced(function*(rows: Arr.NonEmptyReadonlyArray<OutboxRow>) {
        const parsed = rows.map(parse)
        const events = parsed.filter((event) => event !== undefined)
        const broken = rows.length - events.length
        if (broken > 0) yield* Effect.logError(`${broken} outbox rows are no events and are dropped`)
        const verdicts = Arr.isArrayNonEmpty(events) ? yield* hand(() => deliverEvents(events)) : []
        let next = 0
        return parsed.map((event) => event === undefined ? "rejected" : verdicts[next++] ?? "retryLater")
      })

      const fatesOf = deliverJson === undefined
        ? fatesOfEvents
        : (rows: Arr.NonEmptyReadonlyArray<OutboxRow>): Verdicts =>
          hand(() => deliverJson(Arr.map(rows, ({ event }) => event)))

      /** One batch. A row that is no event can never be delivered and is dropped. */
      const batch: Effect.Effect<"empty" | "more" | "retryLater", HostUnavailable> = Effect.gen(function*() {
        const rows = yield* host.peekOutbox(batchSize)
        if (rows.length < batchSize) metrics.outboxIs(rows.length)
        if (rows.length === 0) return "empty"
        const open = rows.filter(({ position }) => !judged.has(position))
        const verdicts = Arr.isArrayNonEmpty(open) ? yield* fatesOf(open) : []
        for (const [index, { position }] of open.entries()) {
          if (verdicts[index] === "delivered" || verdicts[index] === "rejected") judged.add(position)
        }
        const gone = rows.map(({ position }) => position).filter((position) => judged.has(position))
        if (gone.length > 0) yield* host.ackOutbox(gone)
        for (const position of gone) judged.delete(position)
        metrics.outboxGrew(-gone.length)
        return gone.length < rows.length ? "retryLater" : "more"
      })

      const drain = oneAtATime.withPermit(Effect.gen(function*() {
        while (true) {
          const state = yield* batch
          if (state !== "more") return state
        }
      })).pipe(
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
        const { length } = yield* host.peekOutbox(countedAtMost + 1)
        metrics.outboxIs(length)
        if (length === 0) return
        const count = length > countedAtMost ? `more than ${countedAtMost}` : length
        yield* Effect.logWarning(
          `Tracking events of an earlier runtime wait in the outbox (${count}), and this one has no tracker. They stay ` +
            "there; give the runtime the option `tracker` to have them delivered."
        )
      }).pipe(Effect.catch((error) => Effect.logWarning("The outbox cannot be read", error)))

      // A tracker that takes nothing is no receiver: what waits for one would be gone.
      if (tracker === noopTracker) return { run: Effect.andThen(tellWhatWaits, Effect.never), flush: Effect.void }

      return {
        run: Effect.forever(Effect.andThen(drainUntilEmpty, signals.outbox.wait)),
        flush: drain.pipe(
          // A tracker that is out of reach would keep a flush waiting for nothing.
          Effect.flatMap((state) => state === "retryLater" ? Effect.void : leavable(() => tracker.flush())),
          Effect.timeoutOption(drainTimeoutMs),
          Effect.asVoid
        )
      }
    })
  )
}
