import { PgClient, PgPool } from "@effect/sql-pg"
import type * as Pg from "@effect/sql-pg/PgConnection"
import { Effect, Layer, Predicate, type Redacted, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { SqlError, UnknownError } from "effect/sql/SqlError"

export interface PgConnectionOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: Redacted.Redacted
  /** Most connections open at once. Default 10. */
  readonly maxConnections?: number
  /** What `pg_stat_activity` shows. Default `tracker-server`. */
  readonly applicationName?: string
}

/** Lets statements that fibers send at the same time share one write to the server. */
const pipelined = (connection: Pg.PgConnection): Connection => {
  const rows = (sql: string, params: ReadonlyArray<unknown>, prepare: boolean) =>
    Effect.map(connection.query(sql, params, prepare), (result) => result.rows)
  const transformed = (
    answer: Effect.Effect<ReadonlyArray<Pg.Row>, SqlError>,
    transform: (<A extends object>(row: ReadonlyArray<A>) => ReadonlyArray<A>) | undefined
  ) => transform === undefined ? answer : Effect.map(answer, transform)
  return {
    execute: (sql, params, transform) => transformed(rows(sql, params, true), transform),
    executeUnprepared: (sql, params, transform) => transformed(rows(sql, params, false), transform),
    executeRaw: (sql, params) => connection.query(sql, params),
    executeValues: (sql, params) => connection.queryValues(sql, params),
    executeValuesUnprepared: (sql, params) => connection.queryValues(sql, params, false),
    executeStream: (sql, params, transform) =>
      transform === undefined
        ? connection.stream(sql, params)
        : Stream.mapArray(
          connection.stream(sql, params),
          ([first, ...rest]) => [...transform([first]), ...transform(rest)] as [Pg.Row, ...Array<Pg.Row>]
        )
  }
}

/** PostgreSQL answers COMMIT of a broken transaction with `ROLLBACK` and no error. */
export const commit = (connection: Connection): Effect.Effect<void, SqlError> =>
  Effect.flatMap(
    connection.executeRaw("COMMIT", []),
    (answer) =>
      Predicate.hasProperty(answer, "command") && answer.command === "ROLLBACK"
        ? Effect.fail(
          new SqlError({
            reason: new UnknownError({ cause: answer, message: "COMMIT rolled back: a statement had failed before" })
          })
        )
        : Effect.void
  )

/**
 * A pool of connections as `SqlClient`. Unlike the driver's own client it leaves a transaction's connection pipelined:
 * statements that run at the same time (`Effect.all(…, { concurrency: "unbounded" })`) cost one round trip together.
 * Opens connections when they are first needed, so that building this layer never fails on a database that is away.
 */
export const layer = (options: PgConnectionOptions): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function*() {
      const pool = yield* PgPool.make({
        url: options.url,
        maxConnections: options.maxConnections ?? 10,
        applicationName: options.applicationName ?? "tracker-server",
        multiplex: true,
        // One fiber, or one transaction, has a connection for itself.
        multiplexConcurrency: 1
      })
      const acquirer = Effect.map(pool.get, pipelined)
      return yield* SqlClient.make({
        acquirer,
        borrower: (use) => pool.use((connection) => use(pipelined(connection))),
        transactionAcquirer: acquirer,
        compiler: PgClient.makeCompiler(),
        driver: "pg",
        prepareTransactionControls: true,
        commit,
        releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
        spanAttributes: [["db.system.name", "postgresql"]]
      })
    })
  ).pipe(Layer.provide(Reactivity.layer))
