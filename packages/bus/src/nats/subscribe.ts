import type { ConsumerInfo } from "@nats-io/jetstream"
import { millis, nanos, type NatsConnection } from "@nats-io/transport-node"
import { Effect, Schedule, type Scope } from "effect"
import type { Subscription } from "../EventBus.ts"
import { Inbox } from "./Inbox.ts"
import type { NatsLink } from "./NatsLink.ts"
import { pull, PullEnded } from "./pull.ts"
import { ensureConsumer, isGone, lagOf } from "./resources.ts"
import type { Subjects } from "./subjects.ts"

/** Between two tries to use a consumer. */
const retryDelays = Schedule.jittered(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("3 seconds")]))

/** Whether the consumer is still there. */
const lookAgain = Schedule.spaced("3 seconds")

const untilGone = (connection: NatsConnection, consumer: ConsumerInfo) =>
  Effect.orElseSucceed(Effect.tryPromise(() => isGone(connection, consumer)), () => false).pipe(
    Effect.repeat({ until: (gone) => gone, schedule: lookAgain }),
    Effect.andThen(Effect.fail(new PullEnded("it was deleted")))
  )

/** A server's own default. */
const defaultAckWaitNanos = nanos(30_000)

/** Subscribing through one link: whenever there is a connection it pulls, and what it has it keeps until it is settled. */
export const makeSubscribe = (link: NatsLink, subjects: Subjects) =>
  Effect.fnUntraced(function*(topic: string, group: string): Effect.fn.Return<Subscription, never, Scope.Scope> {
    const inbox = new Inbox()
    const name = subjects.consumer(group, topic)
    let consumer: ConsumerInfo | undefined
    let told = ""

    const tell = (reply: string, answer: string) => {
      const connection = link.current()
      // What nobody hears is as if it had not been said: the message comes once more.
      if (connection !== undefined && !connection.isClosed() && !connection.isDraining()) {
        connection.publish(reply, answer)
      }
    }

    /** Says of everything that it is still worked on, long before the server gives it to somebody else. */
    const keepAll = (ackWaitNanos: number = defaultAckWaitNanos) =>
      Effect.sync(() => {
        for (const delivery of inbox.all) delivery.keep()
      }).pipe(Effect.delay(millis(ackWaitNanos) / 3), Effect.forever)

    const pullFrom = Effect.fnUntraced(function*(connection: NatsConnection) {
      inbox.fit(connection.info?.max_payload ?? 0)
      consumer = yield* Effect.tryPromise({
        try: () => ensureConsumer(connection, subjects, topic, group),
        catch: (error) => new PullEnded(error instanceof Error ? error.message : String(error))
      })
      told = ""
      yield* Effect.forkScoped(keepAll(consumer.config.ack_wait))
      return yield* Effect.raceFirst(
        pull(connection, topic, consumer, inbox, tell),
        untilGone(connection, consumer)
      )
    })

    // The client itself would wait for answers over a connection that is gone.
    const lost = Effect.andThen(link.lost, Effect.fail(new PullEnded("the connection ended")))

    const pullOnce = link.connected.pipe(
      Effect.flatMap((connection) => Effect.raceFirst(Effect.scoped(pullFrom(connection)), lost)),
      Effect.tapError(({ detail }) => {
        // Of a connection that ended, the link tells.
        if (detail === told || link.current() === undefined) return Effect.void
        told = detail
        return Effect.logWarning(`The consumer ${name} of the bus gives nothing: ${detail}. Trying on until it does.`)
      })
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
        return Effect.map(lag, (lag) => ({ lag, redeliveries: inbox.redeliveries }))
      })
    }
  })
