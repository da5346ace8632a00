import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { textArray } from "./joins.ts"
import type { Statement } from "./Statement.ts"
import { allowWritesOnlyIf } from "./writes.ts"

const live = "tracker_live_keys($1::text[])"

/** Forbids the transaction to write unless all of these keys of its tenant are still valid. */
export const requireLiveKeys = (keyIds: ReadonlySet<string>): ReadonlyArray<Statement> =>
  keyIds.size === 0 ? [] : [{
    sql: `SELECT ${allowWritesOnlyIf(`(SELECT count(*) FROM ${live}) = cardinality($1)`)}`,
    params: [textArray([...keyIds])]
  }]

/** Which of these keys of the transaction's tenant are no longer valid: revoked, or deleted with their tenant. */
export const endedKeys = (keyIds: ReadonlySet<string>) =>
  keyIds.size === 0 ?
    Effect.succeed(keyIds) :
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql.unsafe<{ id: string }>(`SELECT id FROM ${live} AS id`, [textArray([...keyIds])]),
        (live) => {
          const counting = new Set(live.map(({ id }) => id))
          return new Set([...keyIds].filter((id) => !counting.has(id)))
        }
      ))
