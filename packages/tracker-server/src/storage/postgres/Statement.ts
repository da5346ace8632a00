import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"

/** A statement with the values of its parameters. */
export interface Statement {
  readonly sql: string
  readonly params: ReadonlyArray<unknown>
}

/** Sends statements together, which costs one round trip; the server runs them in this order. */
export const runAll = (statements: ReadonlyArray<Statement>): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (client) =>
      Effect.forEach(statements, ({ params, sql }) => client.unsafe(sql, params), {
        concurrency: "unbounded",
        discard: true
      })
  )
