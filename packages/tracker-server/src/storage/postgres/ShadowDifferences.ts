import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { textArray } from "./joins.ts"
import type { ProjectedName } from "./projectedTables.ts"
import { differencesTable, quoted, type Shadowed, type ShadowTables } from "./ShadowTables.ts"

/** A row that differs from its events, by table and key, and its position among the differences. */
export interface Difference {
  readonly place: number
  readonly table: ProjectedName
  readonly key: string
}

/** Null if an earlier version wrote the row, which is no reason to replace it. */
const mayBeUnknown = new Set(["sequences", "has_gaps"])

const list = (alias: string, columns: ReadonlyArray<string>) =>
  columns.map((column) => `${alias}.${quoted(column)}`).join(", ")

const isDifferent = ({ columns }: Shadowed) => {
  const ofLive = columns.map((column) =>
    mayBeUnknown.has(column) ? `coalesce(${list("l", [column])}, ${list("s", [column])})` : list("l", [column])
  )
  return `ROW(${ofLive.join(", ")}) IS DISTINCT FROM ROW(${list("s", columns)})`
}

// In the statements, `$1` is the tenant, `$2` the instant since which all events exist, and `$3` the keys.

const isRetained = ({ table }: Shadowed, { live }: ShadowTables) => table.isRetained(live, "$2::timestamptz")

const findIn = (shadowed: Shadowed, shadows: ShadowTables) => {
  const { live, shadow, table: { key, name } } = shadowed
  return `WITH found AS (
      INSERT INTO ${differencesTable} (table_name, key)
      SELECT '${name}', coalesce(l.${key}, s.${key})
      FROM (SELECT * FROM ${live} WHERE tenant_id = $1) AS l FULL JOIN ${shadow} AS s ON s.${key} = l.${key}
      WHERE l.${key} IS NULL OR (${isRetained(shadowed, shadows)} AND (s.${key} IS NULL OR ${isDifferent(shadowed)}))
      RETURNING 1)
    SELECT count(*)::float8 AS found FROM found`
}

const removeFrom = (shadowed: Shadowed, shadows: ShadowTables) => {
  const { live, shadow, table: { key } } = shadowed
  return `DELETE FROM ${live} AS l
    WHERE l.tenant_id = $1 AND l.${key} = ANY($3::text[]) AND ${isRetained(shadowed, shadows)}
      AND NOT EXISTS (SELECT FROM ${shadow} AS s WHERE s.${key} = l.${key})`
}

const replaceIn = (shadowed: Shadowed, shadows: ShadowTables) => {
  const { columns, hasUpdatedAt, live, shadow, table: { key } } = shadowed
  const changes = [
    ...columns.map((column) => `${quoted(column)} = s.${quoted(column)}`),
    ...(hasUpdatedAt ? ["updated_at = now()"] : [])
  ]
  return `UPDATE ${live} AS l SET ${changes.join(", ")}
    FROM ${shadow} AS s
    WHERE l.tenant_id = $1 AND s.${key} = ANY($3::text[]) AND l.${key} = s.${key}
      AND ${isRetained(shadowed, shadows)} AND ${isDifferent(shadowed)}`
}

/** The only one without the instant: `$2` are the keys. */
const addTo = ({ columns, live, shadow, table: { key } }: Shadowed) =>
  `INSERT INTO ${live} (tenant_id, ${key}, ${columns.map(quoted).join(", ")})
    SELECT s.tenant_id, s.${key}, ${list("s", columns)} FROM ${shadow} AS s
    WHERE s.tenant_id = $1 AND s.${key} = ANY($2::text[]) ON CONFLICT DO NOTHING`

/**
 * Records a tenant's rows that differ from their shadows although all of their events exist, and counts them by table.
 */
export const findDifferences = Effect.fnUntraced(
  function*(shadows: ShadowTables, tenantId: string, retainedSince: string) {
    const sql = yield* SqlClient.SqlClient
    for (const { shadow } of shadows.tables) yield* sql.unsafe(`ANALYZE ${shadow}`)
    const counts: Record<string, number> = {}
    for (const shadowed of shadows.tables) {
      const [row] = yield* sql.unsafe<{ found: number }>(findIn(shadowed, shadows), [tenantId, retainedSince])
      if (row !== undefined && row.found > 0) counts[shadowed.table.name] = row.found
    }
    return counts
  }
)

/** Some of the recorded differences, starting after this position. */
export const differencesAfter = (place: number, count: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe<Difference>(
      `SELECT place::float8 AS place, table_name AS "table", key FROM ${differencesTable}
        WHERE place > $1 ORDER BY place LIMIT $2::bigint`,
      [place, count]
    ))

/** Number of plans and tasks left unchanged because some of their events are gone. */
export const countKept = Effect.fnUntraced(
  function*({ live }: ShadowTables, tenantId: string, retainedSince: string) {
    const sql = yield* SqlClient.SqlClient
    let kept = 0
    for (const name of ["plan_executions", "task_executions"] as const satisfies ReadonlyArray<ProjectedName>) {
      const [row] = yield* sql.unsafe<{ kept: number }>(
        `SELECT count(*)::float8 AS kept FROM ${live(name)}
          WHERE tenant_id = $1 AND known AND first_received_at < $2::timestamptz`,
        [tenantId, retainedSince]
      )
      kept += row?.kept ?? 0
    }
    return kept
  }
)

/** Replaces these rows by their shadows, if still necessary. */
export const replaceRows = Effect.fnUntraced(function*(
  shadows: ShadowTables,
  tenantId: string,
  retainedSince: string,
  differences: ReadonlyArray<Difference>
) {
  const sql = yield* SqlClient.SqlClient
  for (const shadowed of shadows.tables) {
    const keys = differences.filter(({ table }) => table === shadowed.table.name).map(({ key }) => key)
    if (keys.length === 0) continue
    const retained = [tenantId, retainedSince, textArray(keys)]
    yield* sql.unsafe(removeFrom(shadowed, shadows), retained)
    yield* sql.unsafe(replaceIn(shadowed, shadows), retained)
    yield* sql.unsafe(addTo(shadowed), [tenantId, textArray(keys)])
  }
})
