import { Context, Duration, Effect, Layer, Random } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { StoreUnavailable } from "../StoreUnavailable.ts"
import { withDeadline } from "./deadline.ts"
import { commit, isOpen } from "./PgConnection.ts"
import { sqlFailure } from "./sqlFailure.ts"
import { shareTenant } from "./tenantLock.ts"

/** The unprivileged role that runs every statement on tenant data: neither owner nor superuser. */
export const appRole = "tracker_app"

/**
 * When PostgreSQL plans a statement. `auto`: as PostgreSQL decides. `once` per connection: for a statement whose best
 * plan depends on nothing. `untilKnown`: each time, as long as PostgreSQL has no statistics of many plans and tasks, then
 * as it decides. A plan kept from a nearly empty table stays until the next ANALYZE, however fast the table grows.
 */
export type Planning = "auto" | "once" | "untilKnown"

const planCacheMode = { auto: "auto", once: "force_generic_plan", untilKnown: "force_custom_plan" } as const

/** From this many rows on, statistics lead to the plans that are right for any larger table too. */
const knownRows = 1000

/**
 * -1 stands for a table without statistics. ANALYZE and VACUUM change the number, and make every connection plan anew.
 */
const isKnown = `NOT EXISTS (SELECT FROM pg_class WHERE reltuples < ${knownRows}
  AND oid IN ('task_executions'::regclass, 'plan_executions'::regclass))`

/**
 * The only access to a tenant's rows. `within(tenantId)(effect)` runs all statements that `effect` makes with the
 * `SqlClient` in context in one transaction, as `tracker_app` and confined to the tenant by row-level security. A
 * deadlock or serialization failure runs `effect` again, at most five times, so it must contain nothing but statements.
 * Fails with `StoreUnavailable` if the database is down or takes longer than `StoreDeadline`; a wrong statement is a
 * defect.
 */
export class TenantSql extends Context.Service<TenantSql, {
  readonly within: (
    tenantId: string,
    planning?: Planning
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R>
}>()("@durable-effect/tracker-server/TenantSql") {}

interface TransactionOf {
  readonly tenantId: string | undefined
  readonly planning: Planning
}

const Transaction = Context.Reference<TransactionOf>("@durable-effect/tracker-server/TenantSql/Transaction", {
  defaultValue: () => ({ tenantId: undefined, planning: "auto" })
})

const isOwnError = <E>(error: E): error is Exclude<E, SqlError> => !isSqlError(error)

/**
 * PostgreSQL's own limits for a tenant's transactions; the owner's statements (migrations, retention) have no such
 * limits. A statement, or its wait for a lock, ends before the caller's deadline, so that it is rolled back properly. A
 * transaction whose client silently vanished releases its rows soon after.
 */
const limits = { statement_timeout: "9s", lock_timeout: "5s", idle_in_transaction_session_timeout: "15s" }

const begin = `SELECT set_config('role', $1, true), set_config('tracker.tenant_id', $2, true),
  set_config('plan_cache_mode', CASE WHEN $3 = '${planCacheMode.untilKnown}' AND ${isKnown} THEN 'auto' ELSE $3 END, true),
  ${Object.entries(limits).map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")}, ${
  shareTenant("$2")
}`

/** Maximum number of attempts, the first included, before contention counts as an outage. */
const maxAttempts = 6

/** Final error handling of a statement: an outage is reported, everything else is our own mistake. */
export const orUnavailable = (error: SqlError): Effect.Effect<never, StoreUnavailable> =>
  sqlFailure(error) === "defect" ? Effect.die(error) : Effect.fail(new StoreUnavailable({ cause: error }))

/** Waits a random time of up to 10, 20, 40 … ms, so that transactions that collided do not collide again. */
const backOff = (attempt: number) =>
  Effect.flatMap(Random.next, (random) => Effect.sleep(Duration.millis(random * 10 * 2 ** (attempt - 1))))

export const layer: Layer.Layer<TenantSql, never, SqlClient.SqlClient> = Layer.effect(
  TenantSql,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const inTransaction = SqlClient.makeWithTransaction({
      transactionService: sql.transactionService,
      spanAttributes: [],
      acquireConnection: (restore) => restore(sql.reserve),
      // Both are sent in one write. The effect starts after both have succeeded, so that it never runs as the owner.
      begin: (connection) =>
        Effect.flatMap(Transaction, ({ planning, tenantId }) =>
          Effect.all([
            connection.execute("BEGIN", [], undefined),
            connection.execute(begin, [appRole, tenantId, planCacheMode[planning]], undefined)
          ], { concurrency: "unbounded", discard: true })),
      savepoint: () => Effect.die(new Error("TenantSql.within does not nest: the outer transaction has a tenant")),
      commit,
      rollback: (connection) =>
        isOpen(connection) ? Effect.asVoid(connection.execute("ROLLBACK", [], undefined)) : Effect.void,
      rollbackSavepoint: () => Effect.void
    })
    const run = <A, E, R>(
      effect: Effect.Effect<A, E, R>,
      attempt: number
    ): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R> =>
      inTransaction(effect).pipe(
        Effect.catch((error): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R> => {
          if (!isSqlError(error)) return isOwnError(error) ? Effect.fail(error) : Effect.die(error)
          return sqlFailure(error) === "contention" && attempt < maxAttempts
            ? Effect.andThen(backOff(attempt), run(effect, attempt + 1))
            : orUnavailable(error)
        })
      )
    return {
      within: (tenantId, planning = "auto") => (effect) =>
        withDeadline()(Effect.provideService(run(effect, 1), Transaction, { tenantId, planning }))
    }
  })
)
