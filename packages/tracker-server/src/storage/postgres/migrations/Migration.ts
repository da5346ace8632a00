import type { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"

/** One step of the schema. A released one never changes; the next one corrects it. */
export interface Migration {
  /** Position in the order, from 1, without gaps. */
  readonly id: number
  readonly name: string
  /** Runs inside the transaction of all pending migrations, one statement a call, as the owner. */
  readonly up: Effect.Effect<void, SqlError, SqlClient.SqlClient>
}
