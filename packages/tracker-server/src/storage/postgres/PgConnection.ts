import { PgClient, PgPool } from "@effect/sql-pg"
import type * as Pg from "@effect/sql-pg/PgConnection"
import { Deferred, Effect, Layer, Predicate, type Redacted, type Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { SqlError, UnknownError } from "effect/sql/SqlError"
import { Cutoff } from "./deadline.ts"
import { isConnectionLost, isStatementLost } from "./sqlFailure.ts"
import type { Statement } from "./Statement.ts"
import { makeTypes } from "./types.ts"

export interface PgConnectionOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: Redacted.Redacted
  /** Maximum number of open connections. Default 10. */
  readonly maxConnections?: number
  /** Name shown in `pg_stat_activity`. Default `tracker-server`. */
  readonly applicationName?: string
}

type Transform = <A extends object>(rows: ReadonlyArray<A>) => ReadonlyArray<A>

const transformed = (answer: Effect.Effect<ReadonlyArray<Pg.Row>, SqlError>, transform: Transform | undefined) =>
  transform === undefined ? answer : Effect.map(answer, transform)

type Answers = ReadonlyArray<Pg.Result>

/**
 * The owner's transactions are rare, and nobody runs them again: their statements are not prepared, so the server cannot
 * lose one. This is the same connection with prepared statements.
 */
const preparing = new WeakMap<Connection, Connection>()

/** A connection of the pool that prepares its statements. Whoever uses it runs a failed transaction again. */
export const reserve = (sql: SqlClient.SqlClient): Effect.Effect<Connection, SqlError, Scope.Scope> =>
  Effect.map(sql.reserve, (connection) => preparing.get(connection) ?? connection)

/** How a connection sends statements together, between BEGIN and COMMIT. */
const senders = new WeakMap<Connection, (statements: ReadonlyArray<Statement>) => Effect.Effect<Answers, SqlError>>()

/** Connections that ended or were discarded: there is nothing on them to roll back. */
const lost = new WeakSet<Connection>()

/** False once the connection is known to have ended, and with it its transaction. */
export const isOpen = (connection: Connection): boolean => !lost.has(connection)

/** Utilization of a pool. */
export interface PoolUsage {
  used: number
  /** Number of callers waiting for a connection. */
  waiting: number
  readonly limit: number
}

const usages = new WeakMap<SqlClient.SqlClient, PoolUsage>()

/** Utilization of a client's pool. */
export const poolUsage = (sql: SqlClient.SqlClient): Readonly<PoolUsage> =>
  usages.get(sql) ?? { used: 0, waiting: 0, limit: 0 }

/** A pool that tracks its utilization. */
const counted = (pool: PgPool.PgPool, usage: PoolUsage): Pick<PgPool.PgPool, "get" | "use"> => {
  const enter = Effect.sync(() => {
    usage.waiting++
  })
  const leave = Effect.sync(() => {
    usage.used--
  })
  const got = () => {
    usage.waiting--
    usage.used++
  }
  const gaveUp = Effect.sync(() => {
    usage.waiting--
  })
  return {
    get: Effect.uninterruptibleMask((restore) =>
      Effect.andThen(enter, Effect.onError(restore(pool.get), () => gaveUp)).pipe(
        Effect.tap(() => Effect.andThen(Effect.sync(got), Effect.addFinalizer(() => leave)))
      )
    ),
    use: (use) =>
      Effect.suspend(() => {
        let has = false
        usage.waiting++
        return pool.use((connection) => {
          has = true
          got()
          return use(connection)
        }).pipe(Effect.ensuring(Effect.suspend(() => has ? leave : gaveUp)))
      })
  }
}

/** Lets statements that fibers send at the same time share one write to the server. */
const pipelined = (pool: PgPool.PgPool) => (pg: Pg.PgConnection) => {
  const discard = Effect.suspend(() => {
    lost.add(connection).add(unprepared)
    return pool.invalidate(pg)
  })
  /** A connection that has lost one prepared statement has mostly lost all of them, and each would cost an attempt. */
  const noteLoss = <A>(answer: Effect.Effect<A, SqlError>) =>
    Effect.tapError(answer, (error) => isConnectionLost(error) || isStatementLost(error) ? discard : Effect.void)
  /** At the cutoff the connection is discarded: its next user would wait behind this statement. */
  const untilCutoff = <A>(answer: Effect.Effect<A, SqlError>) =>
    Effect.flatMap(
      Cutoff,
      (cutoff) =>
        cutoff === undefined ? answer : Effect.onError(
          Effect.raceFirst(answer, Deferred.await(cutoff)),
          () => Effect.suspend(() => Deferred.isDoneUnsafe(cutoff) ? discard : Effect.void)
        )
    )
  const query = (sql: string, params: ReadonlyArray<unknown>, prepare: boolean) =>
    noteLoss(untilCutoff(pg.query(sql, params, prepare)))
  const rows = (sql: string, params: ReadonlyArray<unknown>, prepare: boolean) =>
    Effect.map(query(sql, params, prepare), (result) => result.rows)
  const connection: Connection = {
    execute: (sql, params, transform) => transformed(rows(sql, params, true), transform),
    executeUnprepared: (sql, params, transform) => transformed(rows(sql, params, false), transform),
    // COMMIT, which must not be lost: nobody would end the transaction.
    executeRaw: (sql, params) => query(sql, params, false),
    executeValues: (sql, params) => noteLoss(untilCutoff(pg.queryValues(sql, params))),
    executeValuesUnprepared: (sql, params) => noteLoss(untilCutoff(pg.queryValues(sql, params, false))),
    // This client is created without transforms, so there are none to apply.
    executeStream: (sql, params) => pg.stream(sql, params)
  }
  const unprepared: Connection = {
    ...connection,
    execute: connection.executeUnprepared,
    executeValues: connection.executeValuesUnprepared
  }
  preparing.set(unprepared, connection)
  senders.set(connection, (statements) =>
    noteLoss(untilCutoff(Effect.all([
      pg.query("BEGIN", [], false),
      ...statements.map(({ params, sql }) => pg.query(sql, params, true)),
      pg.query("COMMIT", [], false)
    ], { concurrency: "unbounded" }))))
  return { connection, unprepared }
}

/** PostgreSQL answers COMMIT of a failed transaction with `ROLLBACK` and no error. */
const requireCommit = (answer: unknown): Effect.Effect<void, SqlError> =>
  Predicate.hasProperty(answer, "command") && answer.command === "COMMIT"
    ? Effect.void
    : Effect.fail(
      new SqlError({
        reason: new UnknownError({ cause: answer, message: "COMMIT rolled back: a statement had failed before" })
      })
    )

export const commit = (connection: Connection): Effect.Effect<void, SqlError> =>
  Effect.flatMap(connection.executeRaw("COMMIT", []), requireCommit)

/**
 * Runs statements in a transaction of their own, all in one write and one round trip. Returns the rows of each. If one
 * fails, the server rolls back; if one cannot be encoded, nothing is sent. If BEGIN itself fails, the server still runs
 * the rest, each in a transaction of its own, and this fails. BEGIN is not prepared: the driver sends a prepared
 * statement that the server has lost again, behind all others.
 */
export const transact = (connection: Connection, statements: ReadonlyArray<Statement>) =>
  Effect.flatMap(
    senders.get(connection)?.(statements) ?? Effect.die(new Error("not a connection of this pool")),
    (answers) => Effect.as(requireCommit(answers.at(-1)), answers.slice(1, -1).map(({ rows }) => rows))
  )

/**
 * A connection pool as `SqlClient`. Unlike the driver's own client, it keeps a transaction's connection pipelined:
 * statements run concurrently (`Effect.all(…, { concurrency: "unbounded" })`) share one round trip. Connections are
 * opened on first use, so that building this layer never fails because the database is down.
 */
export const layer = (options: PgConnectionOptions): Layer.Layer<SqlClient.SqlClient> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function*() {
      const pool = yield* PgPool.make({
        url: options.url,
        maxConnections: options.maxConnections ?? 10,
        applicationName: options.applicationName ?? "tracker-server",
        types: makeTypes(),
        multiplex: true,
        // One fiber, or one transaction, has a connection to itself.
        multiplexConcurrency: 1
      })
      const connectionsOf = pipelined(pool)
      const usage: PoolUsage = { used: 0, waiting: 0, limit: options.maxConnections ?? 10 }
      const { get, use } = counted(pool, usage)
      const acquirer = Effect.map(get, (pg) => connectionsOf(pg).connection)
      const client = yield* SqlClient.make({
        acquirer,
        borrower: (borrow) => use((pg) => borrow(connectionsOf(pg).connection)),
        transactionAcquirer: Effect.map(get, (pg) => connectionsOf(pg).unprepared),
        compiler: PgClient.makeCompiler(),
        driver: "pg",
        commit,
        isTransaction: isOpen,
        releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
        spanAttributes: [["db.system.name", "postgresql"]]
      })
      usages.set(client, usage)
      return client
    })
  ).pipe(
    Layer.provide(Reactivity.layer),
    // Fails only on invalid options: connections are opened later.
    Layer.orDie
  )
