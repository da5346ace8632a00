import { connect, type NatsConnection } from "@nats-io/transport-node"
import { Deferred, type Duration, Effect, Redacted, Schedule, type Scope } from "effect"
import { connectionOptions, serverNames } from "./connectionOptions.ts"
import type { NatsConfig } from "./NatsConfig.ts"

/** A connection that may be lost and re-established. */
export interface NatsLink {
  /** The current connection. */
  readonly current: () => NatsConnection | undefined
  /** Waits for a connection. */
  readonly connected: Effect.Effect<NatsConnection>
  /** Completes when the current connection is lost; immediately if there is none. */
  readonly lost: Effect.Effect<void>
}

/** Delays between connection attempts: initially almost none, finally every few seconds. */
const retryDelays = Schedule.jittered(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("3 seconds")]))

/** How long flushing the last writes may take. */
const drainTime = "1 second"
/** How long closing may take after that, if the server no longer responds. */
const closeTime = "100 millis"

const within = (time: Duration.Input, end: () => Promise<void>) =>
  Effect.timeoutOption(Effect.ignore(Effect.tryPromise(end)), time)

const refused = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/** One connection attempt. A connection that is established after nobody waits for it any more is closed. */
const connectOnce = (url: string, name: string) =>
  Effect.callback<NatsConnection, string>((resume) => {
    let isWanted = true
    connect(connectionOptions(url, name)).then(
      (connection) => isWanted ? resume(Effect.succeed(connection)) : void connection.close(),
      (cause) => resume(Effect.fail(refused(cause)))
    )
    return Effect.sync(() => {
      isWanted = false
    })
  })

/** Connects, and reconnects, until the scope closes; never fails. On close, everything written is flushed. */
export const makeNatsLink = Effect.fnUntraced(
  function*({ name = "durable-effect", url }: NatsConfig): Effect.fn.Return<NatsLink, never, Scope.Scope> {
    const where = serverNames(Redacted.value(url))
    let current: NatsConnection | undefined
    let arrival = Deferred.makeUnsafe<NatsConnection>()
    let departure = Deferred.makeUnsafe<void>()
    let told = ""

    /** Logs once why there is no connection, not at every attempt. */
    const tell = (reason: string) =>
      Effect.suspend(() => {
        if (reason === told) return Effect.void
        told = reason
        return Effect.logWarning(`The bus at ${where} cannot be reached: ${reason}. Trying on until it can.`)
      })

    const open = connectOnce(Redacted.value(url), name).pipe(Effect.tapError(tell), Effect.retry(retryDelays))

    const untilClosed = Effect.fnUntraced(function*(connection: NatsConnection) {
      told = ""
      yield* Effect.logInfo(`Connected to the bus at ${where}`)
      current = connection
      departure = Deferred.makeUnsafe<void>()
      Deferred.doneUnsafe(arrival, Effect.succeed(connection))
      const error = yield* Effect.promise(() => connection.closed())
      yield* tell(error === undefined ? "the connection ended" : refused(error))
    })

    const letGo = (connection: NatsConnection) =>
      Effect.suspend(() => {
        current = undefined
        arrival = Deferred.makeUnsafe<NatsConnection>()
        Deferred.doneUnsafe(departure, Effect.void)
        if (connection.isClosed()) return Effect.void
        return Effect.asVoid(
          Effect.andThen(
            within(drainTime, () => connection.drain()),
            within(closeTime, () => connection.close())
          )
        )
      })

    yield* Effect.forkScoped(
      Effect.forever(Effect.acquireUseRelease(Effect.interruptible(open), untilClosed, letGo))
    )

    return {
      current: () => current,
      connected: Effect.suspend(() => current === undefined ? Deferred.await(arrival) : Effect.succeed(current)),
      lost: Effect.suspend(() => current === undefined ? Effect.void : Deferred.await(departure))
    }
  }
)
