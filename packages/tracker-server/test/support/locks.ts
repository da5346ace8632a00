import { Deferred, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"

type LockType = "advisory" | "relation" | "transactionid"

/**
 * The backends on this database that wait for a lock of this type. Other tests' databases are in the same server. Not
 * by `pg_stat_activity`, which stays the same for a whole transaction.
 */
export const waitingBackends = (type: LockType) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ pid: number }>`SELECT l.pid FROM pg_locks l
        WHERE l.locktype = ${type} AND NOT l.granted AND EXISTS (
          SELECT FROM pg_locks o JOIN pg_database d ON d.oid = o.database
          WHERE o.pid = l.pid AND d.datname = current_database()
        )`,
      (rows) => rows.map(({ pid }) => pid)
    ))

/** Ends once so many statements, at least, wait for a lock. */
export const untilWaiting = (type: LockType, count = 1) =>
  Effect.asVoid(Effect.repeat(waitingBackends(type), { until: (all) => all.length >= count }))

/** Does something in a transaction that then stays open. Returns how to end it. */
export const openTransaction = Effect.fnUntraced(function*<E, R>(effect: Effect.Effect<unknown, E, R>) {
  const sql = yield* SqlClient.SqlClient
  const isDone = yield* Deferred.make<void>()
  const mayEnd = yield* Deferred.make<void>()
  const open = yield* Effect.forkChild(sql.withTransaction(
    Effect.andThen(effect, Effect.andThen(Deferred.succeed(isDone, undefined), Deferred.await(mayEnd)))
  ))
  yield* Effect.raceFirst(Deferred.await(isDone), Effect.asVoid(Fiber.join(open)))
  return Effect.andThen(Deferred.succeed(mayEnd, undefined), Effect.asVoid(Fiber.join(open)))
})
