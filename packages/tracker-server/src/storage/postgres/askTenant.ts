import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TenantSql } from "./TenantSql.ts"

/**
 * Creates the function that runs a query on a tenant's rows: all its statements in one read-only transaction, under
 * the tenant's role, and not by plans that were made while the tables were nearly empty.
 */
export const askTenant = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { read } = yield* TenantSql
  return <A, E>(tenantId: string, question: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    read(tenantId, "untilKnown")(Effect.provideService(question, SqlClient.SqlClient, sql))
})
