import { PgConnection } from "@effect/sql-pg"
import { Context, Duration, Effect, Latch, Layer, Queue, type Redacted, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { type Wake, Wakeups } from "../../stream/Wakeups.ts"
import { Committed } from "../Committed.ts"
import { withDeadline } from "./deadline.ts"

const channel = "tracker_events"

/** Minimum interval between a server's notifications, however much it ingests. */
const pause = Duration.millis(100)
const untilNextTry = Duration.seconds(1)

/** Maximum bytes of a notification's payload; one without a payload wakes everybody. */
const maxPayloadBytes = 7_999

const payloadOf = (tenantIds: Iterable<string>): string => {
  const text = JSON.stringify([...tenantIds])
  return Buffer.byteLength(text) <= maxPayloadBytes ? text : ""
}

const tenantsOf = (payload: string): ReadonlyArray<string> | undefined => {
  const tenants: unknown = payload === "" ? undefined : JSON.parse(payload)
  return Array.isArray(tenants) ? tenants.filter((tenant) => typeof tenant === "string") : undefined
}

// Notifies in a transaction of its own that does not wait for the disk: within the transaction of the events, NOTIFY
// would serialize all commits of the database.
const notify = `SELECT pg_notify('${channel}', $1), set_config('synchronous_commit', 'off', true)`

/** Receives other servers' notifications while somebody listens, on a connection of its own. */
const hear = (url: Redacted.Redacted, wake: Wake): Effect.Effect<never> =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* PgConnection.make({ url, applicationName: "tracker-server stream" })
    const notices = yield* connection.listen(channel)
    // Notifications sent earlier were missed.
    wake(undefined)
    while (true) {
      for (const { payload } of yield* Queue.takeAll(notices)) {
        const tenants = tenantsOf(payload)
        if (tenants === undefined) wake(undefined)
        else tenants.forEach(wake)
      }
    }
  })).pipe(
    Effect.catchCause((cause) => Effect.logDebug("Notices of other servers are not heard", cause)),
    Effect.andThen(Effect.sleep(untilNextTry)),
    Effect.forever
  )

/**
 * Adapter: a commit wakes local listeners at once, and those on other servers by NOTIFY. A lost hint costs them the
 * time until they next poll.
 */
export const layer = (url: Redacted.Redacted): Layer.Layer<Wakeups, never, SqlClient.SqlClient> =>
  Layer.effectContext(Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const listeners = new Set<Wake>()
    const news = Latch.makeUnsafe()
    const untold = new Set<string>()
    const committed = (tenantId: string) => {
      for (const wake of listeners) wake(tenantId)
      untold.add(tenantId)
      news.openUnsafe()
    }
    const tell = Effect.suspend(() => {
      news.closeUnsafe()
      const payload = payloadOf(untold)
      untold.clear()
      return sql.unsafe(notify, [payload])
    })
    yield* news.await.pipe(
      Effect.andThen(Effect.ignore(withDeadline()(tell))),
      Effect.andThen(Effect.sleep(pause)),
      Effect.forever,
      Effect.forkScoped
    )
    const listen = (wake: Wake): Effect.Effect<void, never, Scope.Scope> =>
      Effect.gen(function*() {
        yield* Effect.acquireRelease(
          Effect.sync(() => listeners.add(wake)),
          () => Effect.sync(() => listeners.delete(wake))
        )
        yield* Effect.forkScoped(hear(url, wake))
      })
    return Context.make(Wakeups, { listen }).pipe(Context.add(Committed, committed))
  }))
