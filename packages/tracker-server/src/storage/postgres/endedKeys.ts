import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { textArray } from "./joins.ts"

/** Which of these keys of the transaction's tenant are no longer valid: revoked, or deleted with their tenant. */
export const endedKeys = (keyIds: ReadonlySet<string>) =>
  keyIds.size === 0 ?
    Effect.succeed(keyIds) :
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql.unsafe<{ id: string }>("SELECT id FROM tracker_live_keys($1::text[]) AS id", [textArray([...keyIds])]),
        (live) => {
          const counting = new Set(live.map(({ id }) => id))
          return new Set([...keyIds].filter((id) => !counting.has(id)))
        }
      ))
