import type { ConsumerInfo } from "@nats-io/jetstream"
import { millis, nanos, type NatsConnection } from "@nats-io/transport-node"
import { Effect, Schedule, type Scope } from "effect"
import type { Subscription } from "../EventBus.ts"
import { Inbox } from "./Inbox.ts"
import type { NatsLink } from "./NatsLink.ts"
import { pull, PullEnded } from "./pull.ts"
import { ended, ensureConsumer, lagOf } from "./resources.ts"
import type { Subjects } from "./subjects.ts"

/** Delays between attempts to use a consumer. */
const retryDelays = Schedule.jittered(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("3 seconds")]))

/** Fails if the consumer no longer exists, or has changed. */
const watched = (
  connection: NatsConnection,
  consumer: ConsumerInfo,
  subject: string
): Effect.Effect<never, PullEnded> =>
  Effect.orElseSucceed(Effect.tryPromise(() => ended(connection, consumer, subject)), () => undefined).pipe(
    Effect.flatMap((fault) => fault === undefined ? Effect.void : Effect.fail(new PullEnded(fault))),
    Effect.delay("1 second"),
    Effect.forever
  )

/** The server's default. */
const defaultAckWaitNanos = nanos(30_000)

/**
 * Creates the subscribe function for one link: pulls whenever there is a connection, and keeps messages until they are
 * settled.
 */
export const makeSubscribe = (link: NatsLink, subjects: Subjects) =>
  Effect.fnUntraced(function*(topic: string, group: string): Effect.fn.Return<Subscription, never, Scope.Scope> {
    const inbox = new Inbox()
    const name = subjects.consumer(group, topic)
    let consumer: ConsumerInfo | undefined
    let fault: string | null = null

    const tell = (reply: string, answer: string) => {
      const connection = link.current()
      // A reply that does not arrive has no effect: the message is redelivered.
      if (connection !== undefined && !connection.isClosed() && !connection.isDraining()) {
        connection.publish(reply, answer)
      }
    }

    /** Reports every message as still being processed, long before the server redelivers it to another subscriber. */
    const keepAll = (ackWaitNanos: number = defaultAckWaitNanos) =>
      Effect.sync(() => {
        for (const delivery of inbox.all) delivery.keep()
      }).pipe(Effect.delay(millis(ackWaitNanos) / 3), Effect.forever)

    /** Logs once what is wrong, not at every attempt. */
    const fails = (detail: string) =>
      Effect.suspend(() => {
        const isTold = detail === fault
        // A lost connection is reported by the link.
        fault = link.current() === undefined ? null : detail
        return isTold || fault === null
          ? Effect.void
          : Effect.logWarning(
            `Nothing is taken from the consumer ${name} of the bus: ${detail}. Trying on until it works.`
          )
      })

    const works = Effect.suspend(() => {
      if (fault === null) return Effect.void
      fault = null
      return Effect.logInfo(`The consumer ${name} of the bus works`)
    })

    const pullFrom = Effect.fnUntraced(function*(connection: NatsConnection) {
      inbox.fit(connection.info?.max_payload ?? 0)
      consumer = yield* Effect.tryPromise({
        try: () => ensureConsumer(connection, subjects, topic, group),
        catch: (error) => new PullEnded(error instanceof Error ? error.message : String(error))
      })
      yield* Effect.forkScoped(keepAll(consumer.config.ack_wait))
      return yield* Effect.raceFirst(
        pull(connection, topic, consumer, inbox, tell, works),
        watched(connection, consumer, subjects.subject(topic))
      )
    })

    // The client itself would wait for responses over a connection that is gone.
    const lost = Effect.andThen(link.lost, Effect.fail(new PullEnded("the connection ended")))

    const pullOnce = link.connected.pipe(
      Effect.flatMap((connection) => Effect.raceFirst(Effect.scoped(pullFrom(connection)), lost)),
      // The client throws on a connection that is closing. Whatever it is, a topic must not stop without a word.
      Effect.catchDefect((defect) =>
        Effect.fail(new PullEnded(defect instanceof Error ? defect.message : String(defect)))
      ),
      Effect.tapError(({ detail }) => fails(detail))
    )

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const delivery of inbox.all) delivery.release()
      })
    )
    yield* Effect.forkScoped(Effect.retry(pullOnce, retryDelays))

    return {
      take: (limit) => inbox.take(limit),
      status: Effect.suspend(() => {
        const connection = link.current()
        const info = consumer
        const lag: Effect.Effect<number | null> = connection === undefined || info === undefined
          ? Effect.succeed(null)
          : Effect.orElseSucceed(Effect.tryPromise(() => lagOf(connection, info)), () => null)
        return Effect.map(lag, (lag) => ({ lag, redeliveries: inbox.redeliveries, fault }))
      })
    }
  })
