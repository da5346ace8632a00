import { type BaseTrackingEvent, type DeliveryVerdict, EventTracker, noopTracker } from "@durable-effect/core"
import { Array as Arr, Context, Effect, Fiber, Layer, Option, Predicate, Schedule, Semaphore } from "effect"
import type { HostUnavailable } from "../errors.ts"
import type { OutboxRow } from "../host/HostPort.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { JobMetrics } from "./JobMetrics.ts"
import { drainTimeoutMs } from "./Settings.ts"
import { Signals } from "./Signals.ts"

/** Most rows, with all of their events, that are given to the tracker at once. */
const batchSize = 200

/** The count of waiting events is for a sentence in the log: of more rows than this, "more than" is enough. */
const countedAtMost = 1000

const countOf = (rows: ReadonlyArray<OutboxRow>): number => rows.reduce((count, { events }) => count + events.length, 0)

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
      /**
       * Events with a verdict, by row and place in it, that the host has not forgotten yet: they need not be sent again
       * while its disk is full, or others of their row wait.
       */
      const judged = new Map<number, Set<number>>()

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

      const openOf = ({ events, position }: OutboxRow): ReadonlyArray<string> => {
        const ofRow = judged.get(position)
        return ofRow === undefined ? events : events.filter((_, index) => !ofRow.has(index))
      }

      const note = ({ events, position }: OutboxRow, isFinal: (index: number) => boolean) => {
        judged.set(position, new Set(Array.from(events.keys()).filter(isFinal)))
      }

      /** The rows of which, by the verdicts on their open events, none is open any more. Notes what is of the others. */
      const settledOf = (rows: ReadonlyArray<OutboxRow>, verdicts: ReadonlyArray<DeliveryVerdict>) => {
        let next = 0
        return rows.filter((row) => {
          const before = judged.get(row.position)
          const open = row.events.length - (before?.size ?? 0)
          const fates = verdicts.slice(next, next + open)
          next += open
          if (fates.length === open && !fates.includes("retryLater")) return true
          let nth = 0
          note(row, (index) => before?.has(index) === true || (fates[nth++] ?? "retryLater") !== "retryLater")
          return false
        })
      }

      const forget = (rows: ReadonlyArray<OutboxRow>) =>
        rows.length === 0 ? Effect.void : host.ackOutbox(rows.map(({ position }) => position)).pipe(
          Effect.map(() => {
            for (const { position } of rows) judged.delete(position)
            metrics.outboxGrew(-countOf(rows))
          }),
          Effect.tapError(() => Effect.sync(() => rows.forEach((row) => note(row, () => true))))
        )

      /** Hands over what there is, some rows at a time. What is no event can never be delivered and is dropped. */
      const drainAll = Effect.gen(function*() {
        let after = 0
        /** Of the batch before: who forgets it need not be waited for. */
        let forgetting: Fiber.Fiber<void, HostUnavailable> | undefined
        while (true) {
          const rows = yield* host.peekOutbox(batchSize, after)
          if (after === 0 && rows.length < batchSize) metrics.outboxIs(countOf(rows))
          const texts = rows.flatMap(openOf)
          const verdicts = Arr.isArrayNonEmpty(texts) ? yield* fatesOf(texts) : []
          const gone = settledOf(rows, verdicts)
          if (forgetting !== undefined) yield* Fiber.join(forgetting)
          const last = rows.at(-1)
          if (last === undefined) return "empty"
          if (gone.length < rows.length) {
            yield* forget(gone)
            return "retryLater"
          }
          forgetting = yield* Effect.forkChild(forget(gone), { startImmediately: true })
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
