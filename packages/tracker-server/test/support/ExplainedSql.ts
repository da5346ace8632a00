import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { commit, isOpen } from "../../src/storage/postgres/PgConnection.ts"

/** How PostgreSQL went about one statement. */
export interface Explained {
  readonly statement: string
  /** All nodes of its plan, as `EXPLAIN (ANALYZE, FORMAT JSON)` has them. */
  readonly nodes: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** All nodes of the plans in an answer of `EXPLAIN (FORMAT JSON)`. */
export const nodesIn = (value: unknown): Explained["nodes"] => {
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  if (typeof value !== "object" || value === null) return []
  const below = Object.values(value).flatMap(nodesIn)
  return "Node Type" in value ? [{ ...value }, ...below] : below
}

/** Statements that read tables; those that begin a transaction do not. */
const isQuestion = (statement: string) => /^\s*(SELECT|WITH)\b/.test(statement) && / FROM /.test(statement)

const explaining = (into: Array<Explained>) => (connection: Connection): Connection => ({
  ...connection,
  execute: (statement, params, transform) => {
    const answer = connection.execute(statement, params, transform)
    if (!isQuestion(statement)) return answer
    const explain = `EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, FORMAT JSON) ${statement}`
    return Effect.andThen(
      Effect.map(connection.executeUnprepared(explain, params, undefined), (rows) => {
        into.push({ statement, nodes: nodesIn(rows) })
      }),
      answer
    )
  }
})

/** The `SqlClient` in context, but every question is explained first, as whoever asks it and with its parameters. */
export const layer = (into: Array<Explained>): Layer.Layer<SqlClient.SqlClient, never, SqlClient.SqlClient> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.flatMap(SqlClient.SqlClient, (sql) => {
      const acquirer = Effect.map(sql.reserve, explaining(into))
      return SqlClient.make({
        acquirer,
        transactionAcquirer: acquirer,
        compiler: PgClient.makeCompiler(),
        driver: "pg",
        commit,
        isTransaction: isOpen,
        spanAttributes: []
      })
    })
  ).pipe(Layer.provide(Reactivity.layer))
