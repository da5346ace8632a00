import type { EventTrackerService, LossReason, TaskEvent } from "@durable-effect/core"
import {
  Cause,
  Deferred,
  type Duration,
  Effect,
  Fiber,
  Option,
  Queue,
  Result,
  Schedule,
  type Scope,
  Tracer
} from "effect"
import { EventBus } from "../EventBus.ts"
import { publishEvent } from "../publishEvent.ts"
import type { PublishFailed } from "../PublishFailed.ts"
import { Ledger } from "./Ledger.ts"

export interface BusTrackerOptions {
  /** Maximum events queued or in flight; any more are lost as `overflow`. Default 10,000. */
  readonly maxPending?: number
  /** How long `flush`, and the end of the layer, wait for pending events. Default 3 s. */
  readonly flushTimeout?: Duration.Input
}

/** An event with the span in which it was reported, or a marker that all earlier ones have an outcome. */
type Entry =
  | { readonly _tag: "Event"; readonly event: TaskEvent; readonly span: Option.Option<Tracer.AnySpan> }
  | { readonly _tag: "Mark"; readonly reached: Deferred.Deferred<void> }

/** Number of events in flight at once. */
const atOnce = 64

/** Delays until the bus accepts it. One attempt over NATS itself waits some seconds for a connection. */
const delays = Schedule.jittered(Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]))

/** The loss reason: the bus did not accept it, or it has no JSON form. */
const lossOf = (cause: Cause.Cause<PublishFailed>): readonly [LossReason, detail: string] => {
  const found = Cause.findError(cause)
  return Result.isSuccess(found)
    ? ["rejected", found.success.message]
    : ["unencodable", String(Cause.squash(cause))]
}

/** A tracker whose endpoint is the bus: emitted events are published in the background, until the scope closes. */
export const makeBusTracker = Effect.fnUntraced(
  function*(
    { flushTimeout = "3 seconds", maxPending = 10_000 }: BusTrackerOptions
  ): Effect.fn.Return<EventTrackerService<TaskEvent>, never, EventBus | Scope.Scope> {
    const bus = yield* EventBus
    const queue = yield* Queue.unbounded<Entry>()
    const ledger = new Ledger()
    let isOpen = true

    /** Warns once per reason: whatever fills a queue would fill the log as well. */
    const lose = (reason: LossReason, detail: string, count = 1) =>
      Effect.suspend(() =>
        ledger.lose(reason, count)
          ? Effect.logWarning(`Reports are lost (${reason}): ${detail}. Further ones are only counted.`)
          : Effect.void
      )

    const publish = (event: TaskEvent) => {
      let isAgain = false
      const once = Effect.suspend(() => {
        if (isAgain) ledger.retries += 1
        isAgain = true
        return publishEvent(event)
      })
      return Effect.retry(once, { schedule: delays, while: ({ isRetryable }) => isRetryable })
    }

    const settle = ({ event, span }: Extract<Entry, { readonly _tag: "Event" }>) =>
      publish(event).pipe(
        (self) => Option.isNone(span) ? self : Effect.provideService(self, Tracer.ParentSpan, span.value),
        Effect.matchCauseEffect({
          onSuccess: () =>
            Effect.sync(() => {
              ledger.pending -= 1
              ledger.delivered += 1
            }),
          onFailure: (cause) => {
            // Shutdown interrupts, and counts the rest.
            if (Cause.hasInterrupts(cause)) return Effect.void
            ledger.pending -= 1
            return lose(...lossOf(cause))
          }
        })
      )

    const sendOnce = Effect.flatMap(
      Queue.takeBetween(queue, 1, atOnce),
      (entries) =>
        Effect.andThen(
          Effect.forEach(entries, (entry) => entry._tag === "Event" ? settle(entry) : Effect.void, {
            concurrency: "unbounded",
            discard: true
          }),
          Effect.sync(() => {
            for (const entry of entries) if (entry._tag === "Mark") Deferred.doneUnsafe(entry.reached, Effect.void)
          })
        )
    )
    // Detached: the scope's fibers are interrupted before pending events are delivered.
    const sender = yield* Effect.forkDetach(Effect.provideService(Effect.forever(sendOnce), EventBus, bus))

    const flush = () =>
      Effect.suspend(() => {
        if (ledger.pending === 0) return Effect.void
        const reached = Deferred.makeUnsafe<void>()
        Queue.offerUnsafe(queue, { _tag: "Mark", reached })
        return Effect.asVoid(Effect.timeoutOption(Deferred.await(reached), flushTimeout))
      })

    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        isOpen = false
        yield* flush()
        yield* Fiber.interrupt(sender)
        const { pending } = ledger
        if (pending === 0) return
        ledger.pending = 0
        yield* lose("shutdown", `${pending} were pending at the end, and flushTimeout was not enough`, pending)
      })
    )

    const emit = (event: TaskEvent) =>
      Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (span) => {
        ledger.emitted += 1
        if (!isOpen) return lose("shutdown", "the layer has ended")
        if (ledger.pending >= maxPending) return lose("overflow", `${maxPending} wait already (maxPending)`)
        ledger.pending += 1
        Queue.offerUnsafe(queue, { _tag: "Event", event, span })
        return Effect.void
      })

    return {
      emit,
      flush,
      pending: () => Effect.sync(() => ledger.pending),
      stats: () => Effect.sync(() => ledger.stats)
    }
  }
)
