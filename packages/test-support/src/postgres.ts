import { PgConnection, TenantSql } from "@durable-effect/tracker-server"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { inject } from "vitest"
import { templateDatabase } from "./globalPostgres.ts"

const withDatabase = (name: string) => {
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
}

/**
 * The URL of a new database in the run's PostgreSQL, dropped when the scope closes. `migrated` (default) has all
 * tables, `empty` has none. Requires `globalPostgres.ts` in the project's `globalSetup`.
 */
export const freshDatabase = (content: "migrated" | "empty" = "migrated") =>
  Effect.gen(function*() {
    const admin = yield* Layer.build(
      PgConnection.layer({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 })
    )
    const name = `test_${randomUUID().replaceAll("-", "")}`
    const run = (statement: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>) =>
      Effect.orDie(Effect.flatMap(SqlClient.SqlClient, statement).pipe(Effect.provideContext(admin)))
    yield* Effect.acquireRelease(
      run((sql) =>
        content === "empty"
          ? sql`CREATE DATABASE ${sql(name)}`
          : sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(templateDatabase)}`
      ),
      () => run((sql) => sql`DROP DATABASE ${sql(name)} WITH (FORCE)`)
    )
    return withDatabase(name)
  })

/** A separate migrated database for every build of this layer: the owner's `SqlClient`, and `TenantSql` on it. */
export const layerFreshPostgres = Layer.unwrap(
  Effect.map(freshDatabase(), (url) => Layer.provideMerge(TenantSql.layer, PgConnection.layer({ url })))
)
