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
 * The only access to a tenant's rows. `within(tenantId)(effect)` runs all statements that `effect` makes with the
 * `SqlClient` in context in one transaction, as `tracker_app` and confined to the tenant by row-level security. A
 * deadlock or serialization failure runs `effect` again, at most five times, so it must contain nothing but statements.
 * Fails with `StoreUnavailable` if the database is down or takes longer than `StoreDeadline`; a wrong statement is a
 * defect.
 */
export class TenantSql extends Context.Service<TenantSql, {
  /**
   * `plans: "once"` plans each statement once per connection: for statements whose best plan does not depend on
   * parameters.
   */
  readonly within: (
    tenantId: string,
    plans?: "auto" | "once"
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R>
}>()("@durable-effect/tracker-server/TenantSql") {}

interface TransactionOf {
  readonly tenantId: string | undefined
  readonly planCacheMode: "auto" | "force_generic_plan"
}

const Transaction = Context.Reference<TransactionOf>("@durable-effect/tracker-server/TenantSql/Transaction", {
  defaultValue: () => ({ tenantId: undefined, planCacheMode: "auto" })
})

const isOwnError = <E>(error: E): error is Exclude<E, SqlError> => !isSqlError(error)

/**
 * PostgreSQL's own limits for a tenant's transactions; the owner's statements (migrations, retention) have no such
 * limits. A statement, or its wait for a lock, ends before the caller's deadline, so that it is rolled back properly. A
 * transaction whose client silently vanished releases its rows soon after.
 */
const limits = { statement_timeout: "9s", lock_timeout: "5s", idle_in_transaction_session_timeout: "15s" }

const begin = `SELECT set_config('role', $1, true), set_config('tracker.tenant_id', $2, true),
  set_config('plan_cache_mode', $3, true), ${
  Object.entries(limits).map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")
}, ${shareTenant("$2")}`

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
        Effect.flatMap(Transaction, ({ planCacheMode, tenantId }) =>
          Effect.all([
            connection.execute("BEGIN", [], undefined),
            connection.execute(begin, [appRole, tenantId, planCacheMode], undefined)
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
      within: (tenantId, plans = "auto") => (effect) =>
        withDeadline()(Effect.provideService(run(effect, 1), Transaction, {
          tenantId,
          planCacheMode: plans === "once" ? "force_generic_plan" : "auto"
        }))
    }
  })
)
