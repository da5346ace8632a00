import { PgConnection } from "@durable-effect/tracker-server"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"

/** The same server's URL with another database. */
export const withDatabase = (url: string, database: string): string => {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

/** Runs statements on a database as its owner, on a connection of their own. */
export const onDatabase = <A, E>(url: string, use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
  Effect.flatMap(SqlClient.SqlClient, use).pipe(
    Effect.provide(PgConnection.layer({ url: Redacted.make(url), maxConnections: 1 }))
  )

/** One statement after the other. */
export const runOn = (url: string, ...statements: ReadonlyArray<string>) =>
  onDatabase(url, (sql) => Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true }))

/** Of PostgreSQL, such as `18.4`. */
export const versionOf = (url: string) =>
  onDatabase(url, (sql) =>
    Effect.map(
      sql<{ version: string }>`SELECT current_setting('server_version') AS version`,
      ([row]) => row?.version ?? "unknown"
    ))
