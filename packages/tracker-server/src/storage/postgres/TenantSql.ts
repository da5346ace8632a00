import { Context, Duration, Effect, Exit, Fiber, Layer, Random, type Tracer } from "effect"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { StoreUnavailable } from "../StoreUnavailable.ts"
import { confine, type Confinement, type Planning } from "./confine.ts"
import { withDeadline } from "./deadline.ts"
import { commit, isOpen, reserve, transact } from "./PgConnection.ts"
import { sqlFailure } from "./sqlFailure.ts"
import type { Statement } from "./Statement.ts"

/**
 * The only access to a tenant's rows: transactions as `tracker_app`, confined to the tenant by row-level security. A
 * deadlock or serialization failure runs a transaction again, at most five times. All functions fail with
 * `StoreUnavailable` if the database is down or takes longer than `StoreDeadline`; a wrong statement is a defect.
 */
export class TenantSql extends Context.Service<TenantSql, {
  /**
   * Runs all statements that an effect makes with the `SqlClient` in context in one transaction. The effect may run
   * again, so it must contain nothing but statements.
   */
  readonly within: (
    tenantId: string,
    planning?: Planning
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R>
  /**
   * Like `within`, but read-only, and with only the round trips of its own statements: the first one is sent together
   * with BEGIN, and nobody waits for COMMIT.
   */
  readonly read: (
    tenantId: string,
    planning?: Planning
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R>
  /**
   * Runs statements in one transaction and one round trip, and returns the rows of each. One that writes must require
   * `mayWrite`: if the transaction cannot begin, the server still runs it, as the owner.
   */
  readonly atOnce: (
    tenantId: string,
    planning: Planning,
    statements: ReadonlyArray<Statement>
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<object>>, StoreUnavailable>
}>()("@durable-effect/tracker-server/TenantSql") {}

const Transaction = Context.Reference<Confinement>("@durable-effect/tracker-server/TenantSql/Transaction", {
  defaultValue: () => ({ tenantId: undefined, planning: "auto", access: "write" })
})

/** OpenTelemetry's attributes of a database call. */
const spanAttributes = { "db.system.name": "postgresql" }

const spanned = (options: Tracer.SpanOptionsNoTrace) =>
  Effect.withSpan("sql.transaction", options, { captureStackTrace: false })

const isOwnError = <E>(error: E): error is Exclude<E, SqlError> => !isSqlError(error)

/** Maximum number of attempts, the first included, before contention counts as an outage. */
const maxAttempts = 6

/** Final error handling of a statement: an outage is reported, everything else is our own mistake. */
export const orUnavailable = (error: SqlError): Effect.Effect<never, StoreUnavailable> =>
  sqlFailure(error) === "defect" ? Effect.die(error) : Effect.fail(new StoreUnavailable({ cause: error }))

/** Waits a random time of up to 10, 20, 40 … ms, so that transactions that collided do not collide again. */
const backOff = (attempt: number) =>
  Effect.flatMap(Random.next, (random) => Effect.sleep(Duration.millis(random * 10 * 2 ** (attempt - 1))))

/** Begins a transaction in one write. BEGIN and ROLLBACK are not prepared, for the same reason as in `transact`. */
const begin = (connection: Connection, statement: string, confinement: Confinement) => {
  const { params, sql } = confine(confinement)
  return Effect.all([
    connection.executeUnprepared(statement, [], undefined),
    connection.execute(sql, params, undefined)
  ], { concurrency: "unbounded", discard: true })
}

const rollback = (connection: Connection) =>
  isOpen(connection) ? Effect.asVoid(connection.executeUnprepared("ROLLBACK", [], undefined)) : Effect.void

/**
 * Runs an effect that only reads. If the transaction cannot begin, the effect's statements run as the owner, but nobody
 * gets to see what they return.
 */
const readOnly =
  (sql: SqlClient.SqlClient, confinement: Confinement) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.scoped(Effect.gen(function*() {
        const connection = yield* restore(reserve(sql))
        const beginning = yield* Effect.forkChild(begin(connection, "BEGIN READ ONLY", confinement), {
          startImmediately: true
        })
        const exit = yield* Effect.exit(
          restore(Effect.provideService(effect, sql.transactionService, [connection, 0]))
        )
        const begun = yield* Fiber.await(beginning)
        if (Exit.isSuccess(begun) && Exit.isSuccess(exit)) {
          // The next user's statements are sent behind it.
          yield* Effect.forkDetach(Effect.ignore(commit(connection)), { startImmediately: true })
        } else {
          yield* Effect.ignore(rollback(connection))
          yield* begun
        }
        return yield* exit
      }))
    )

export const layer: Layer.Layer<TenantSql, never, SqlClient.SqlClient> = Layer.effect(
  TenantSql,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const inTransaction = SqlClient.makeWithTransaction({
      transactionService: sql.transactionService,
      spanAttributes: Object.entries(spanAttributes),
      acquireConnection: (restore) => restore(reserve(sql)),
      // The effect starts after this has succeeded, so that it never runs as the owner. BEGIN itself may have succeeded
      // when confining fails, and nobody else rolls back then.
      begin: (connection) =>
        Effect.flatMap(Transaction, (confinement) => begin(connection, "BEGIN", confinement)).pipe(
          Effect.onError(() => Effect.ignore(rollback(connection)))
        ),
      savepoint: () => Effect.die(new Error("TenantSql.within does not nest: the outer transaction has a tenant")),
      commit,
      rollback,
      rollbackSavepoint: () => Effect.void
    })
    /** Runs a transaction until it succeeds, or fails for another reason than contention. */
    const persist = <A, E, R>(
      transaction: Effect.Effect<A, E | SqlError, R>,
      attempt = 1
    ): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R> =>
      transaction.pipe(Effect.catch((error): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R> => {
        if (!isSqlError(error)) return isOwnError(error) ? Effect.fail(error) : Effect.die(error)
        return sqlFailure(error) === "contention" && attempt < maxAttempts
          ? Effect.andThen(backOff(attempt), persist(transaction, attempt + 1))
          : orUnavailable(error)
      }))
    return {
      within: (tenantId, planning = "auto") => (effect) =>
        withDeadline()(
          Effect.provideService(persist(inTransaction(effect)), Transaction, { tenantId, planning, access: "write" })
        ),
      read: (tenantId, planning = "auto") => (effect) =>
        withDeadline()(
          persist(
            spanned({ attributes: spanAttributes })(readOnly(sql, { tenantId, planning, access: "read" })(effect))
          )
        ),
      atOnce: (tenantId, planning, statements) => {
        const all = [confine({ tenantId, planning, access: "write" }), ...statements]
        const transaction = Effect.scoped(Effect.flatMap(reserve(sql), (connection) => transact(connection, all))).pipe(
          spanned({
            kind: "client",
            attributes: { ...spanAttributes, "db.operation.batch.size": statements.length }
          })
        )
        return withDeadline()(Effect.map(persist(transaction), (rows) => rows.slice(1)))
      }
    }
  })
)
