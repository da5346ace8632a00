import { PgTypes } from "@effect/sql-pg"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { textArray } from "./joins.ts"
import type { Statement } from "./Statement.ts"
import { mayWrite } from "./writes.ts"

/** Number of counter rows per tenant, so that transactions seldom wait for each other to count. */
const slots = 16

const add = `INSERT INTO ingest_counts AS t (tenant_id, slot, verdict, events)
  SELECT $1, pg_backend_pid() % ${slots}, u.verdict, u.events::bigint
  FROM unnest($2::text[], $3::float8[]) AS u(verdict, events)
  WHERE ${mayWrite}
  ON CONFLICT (tenant_id, slot, verdict) DO UPDATE SET events = t.events + excluded.events`

/**
 * Adds to the outcome counters. Must be the last statement of its transaction: whoever waits for one of these rows then
 * waits only for a commit, and no two transactions can wait for each other.
 */
export const addCounts = (tenantId: string, verdicts: ReadonlyMap<string, number>): ReadonlyArray<Statement> => {
  const rows = [...verdicts].sort(([left], [right]) => left < right ? -1 : 1)
  return rows.length === 0 ? [] : [{
    sql: add,
    params: [
      tenantId,
      textArray(rows.map(([verdict]) => verdict)),
      Result.getOrThrow(PgTypes.array(rows.map(([, events]) => events), PgTypes.OID.float8))
    ]
  }]
}

const total = `SELECT verdict, sum(events)::float8 AS events FROM ingest_counts WHERE tenant_id = $1
  GROUP BY verdict ORDER BY verdict`

/** Total number of events by outcome. */
export const selectCounts = (tenantId: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<{ verdict: string; events: number }>(total, [tenantId]),
      (rows) => new Map(rows.map(({ events, verdict }) => [verdict, events]))
    ))
