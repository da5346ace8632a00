import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { textArray } from "./joins.ts"

/** A table that is purely a fold of the timeline. */
interface ProjectedTable {
  readonly name: string
  /** Column that identifies a row within a tenant. */
  readonly key: string
  /**
   * Whether all events about the live row `l` still exist. `since` is SQL for the instant from which on all events
   * exist.
   */
  readonly isRetained: (live: (table: string) => string, since: string) => string
}

const byReceipt: ProjectedTable["isRetained"] = (_, since) => `l.first_received_at >= ${since}`

const tables = [
  { name: "task_executions", key: "task_id", isRetained: byReceipt },
  { name: "plan_executions", key: "plan_id", isRetained: byReceipt },
  { name: "trace_ranges", key: "trace_id", isRetained: byReceipt },
  {
    name: "state_transitions",
    key: "event_id",
    isRetained: (_, since) =>
      `EXISTS (SELECT FROM event_timeline e WHERE e.tenant_id = l.tenant_id AND e.event_id = l.event_id
        AND e.received_at >= ${since})`
  },
  {
    name: "delegation_groups",
    key: "group_id",
    // Every event about a group is about its parent too.
    isRetained: (live, since) =>
      `NOT EXISTS (SELECT FROM ${live("task_executions")} t WHERE t.tenant_id = l.tenant_id
        AND t.task_id = l.parent_task_id AND t.first_received_at < ${since})`
  }
] as const satisfies ReadonlyArray<ProjectedTable>

export type ProjectedName = typeof tables[number]["name"]

/** A row that differs from its events, by table and key, and its position among the differences. */
export interface Difference {
  readonly place: number
  readonly table: ProjectedName
  readonly key: string
}

const quoted = (name: string) => `"${name.replaceAll("\"", "\"\"")}"`

/** Columns about the row itself rather than what events say. */
const ownColumns = new Set(["id", "tenant_id", "created_at", "updated_at"])

/** Null if an earlier version wrote the row, which is no reason to replace it. */
const mayBeUnknown = new Set(["sequences", "has_gaps"])

interface Compared {
  readonly table: ProjectedTable & { readonly name: ProjectedName }
  readonly live: string
  readonly columns: ReadonlyArray<string>
  readonly hasUpdatedAt: boolean
}

/** Stored beside the shadows: after a rule change, every row may be among them. */
const differences = "rebuild_differences"

const columnsOf = Effect.fnUntraced(function*(table: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`
    SELECT attname::text AS name FROM pg_attribute
    WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`
  return rows.map(({ name }) => name)
})

const list = (alias: string, columns: ReadonlyArray<string>) =>
  columns.map((column) => `${alias}.${quoted(column)}`).join(", ")

const isDifferent = ({ columns }: Compared) => {
  const ofLive = columns.map((column) =>
    mayBeUnknown.has(column) ? `coalesce(${list("l", [column])}, ${list("s", [column])})` : list("l", [column])
  )
  return `ROW(${ofLive.join(", ")}) IS DISTINCT FROM ROW(${list("s", columns)})`
}

/** Statements on one table: `$1` is the tenant, `$2` the instant since which all events exist, then the keys. */
const statementsOf = (compared: Compared, live: (table: string) => string) => {
  const { columns, hasUpdatedAt, table: { isRetained, key, name } } = compared
  const shadow = `pg_temp.${name}`
  const retained = isRetained(live, "$2::timestamptz")
  const differs = isDifferent(compared)
  return {
    table: name,
    find: `INSERT INTO pg_temp.${differences} (table_name, key)
      SELECT '${name}', coalesce(l.${key}, s.${key})
      FROM (SELECT * FROM ${compared.live} WHERE tenant_id = $1) AS l FULL JOIN ${shadow} AS s ON s.${key} = l.${key}
      WHERE l.${key} IS NULL OR (s.${key} IS NULL OR ${differs}) AND ${retained}`,
    remove: `DELETE FROM ${compared.live} AS l
      WHERE l.tenant_id = $1 AND l.${key} = ANY($3::text[]) AND ${retained}
        AND NOT EXISTS (SELECT FROM ${shadow} AS s WHERE s.${key} = l.${key})`,
    replace: `UPDATE ${compared.live} AS l SET ${
      [
        ...columns.map((column) => `${quoted(column)} = s.${quoted(column)}`),
        ...(hasUpdatedAt ? ["updated_at = now()"] : [])
      ].join(", ")
    }
      FROM ${shadow} AS s
      WHERE l.tenant_id = $1 AND s.${key} = ANY($3::text[]) AND l.${key} = s.${key} AND ${retained} AND ${differs}`,
    add: `INSERT INTO ${compared.live} (tenant_id, ${key}, ${columns.map(quoted).join(", ")})
      SELECT s.tenant_id, s.${key}, ${list("s", columns)} FROM ${shadow} AS s
      WHERE s.tenant_id = $1 AND s.${key} = ANY($2::text[]) ON CONFLICT DO NOTHING`
  }
}

/** Shadows of the projected tables, private to the session that created them and gone with it. */
export interface ShadowTables {
  /**
   * Fails if this session has no shadows: run it first in every transaction that writes to them under the live tables'
   * names.
   */
  readonly require: string
  readonly clear: ReadonlyArray<string>
  readonly analyse: ReadonlyArray<string>
  readonly statements: ReadonlyArray<ReturnType<typeof statementsOf>>
  /** Counts the rows that are kept whatever the shadows say. */
  readonly countKept: string
}

/**
 * Creates an empty shadow of each projected table: a temporary table of the same name.
 *
 * PostgreSQL looks for a name without schema among the session's temporary tables (`pg_temp`) first. From here on,
 * `INSERT INTO task_executions` on this connection therefore writes to the shadow, so that a rebuild runs the very
 * statements that ingest runs and cannot come to other rows. The live tables are reached by `schema.name` (`live`), the
 * shadows explicitly by `pg_temp.name`. The danger is a connection without shadows, such as one that replaced a lost
 * one: there the same statement would write to the live table. That is what `require` is for.
 */
export const makeShadows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ schema } = { schema: "public" }] = yield* sql<{ schema: string }>`SELECT current_schema()::text AS schema`
  const live = (table: string) => `${quoted(schema)}.${table}`
  const compared = yield* Effect.forEach(
    tables,
    (table) =>
      Effect.map(columnsOf(live(table.name)), (all): Compared => ({
        table,
        live: live(table.name),
        columns: all.filter((column) => column !== table.key && !ownColumns.has(column)),
        hasUpdatedAt: all.includes("updated_at")
      }))
  )
  for (const { key, name } of tables) {
    yield* sql.unsafe(`CREATE TEMPORARY TABLE ${name} (LIKE ${live(name)} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
    yield* sql.unsafe(`CREATE UNIQUE INDEX ON pg_temp.${name} (tenant_id, ${key})`)
  }
  yield* sql.unsafe(`CREATE TEMPORARY TABLE ${differences} (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL, key text NOT NULL)`)
  const shadows: ShadowTables = {
    require: `SELECT FROM pg_temp.${tables[0].name} LIMIT 0`,
    clear: [...tables.map(({ name }) => name), differences].map((name) => `TRUNCATE pg_temp.${name}`),
    analyse: tables.map(({ name }) => `ANALYZE pg_temp.${name}`),
    statements: compared.map((one) => statementsOf(one, live)),
    countKept: `SELECT (${
      ["plan_executions", "task_executions"].map((name) =>
        `(SELECT count(*) FROM ${live(name)} WHERE tenant_id = $1 AND known AND first_received_at < $2::timestamptz)`
      ).join(" + ")
    })::float8 AS kept`
  }
  return shadows
})

const runAll = (statements: ReadonlyArray<string>) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  )

/** Empties the shadows for the next tenant. */
export const clearShadows = ({ clear }: ShadowTables) => runAll(clear)

/**
 * Records a tenant's rows that differ from their shadows although all of their events exist, and counts them by table.
 */
export const findDifferences = Effect.fnUntraced(
  function*(shadows: ShadowTables, tenantId: string, retainedSince: string) {
    const sql = yield* SqlClient.SqlClient
    yield* runAll(shadows.analyse)
    const counts: Record<string, number> = {}
    for (const { find, table } of shadows.statements) {
      const [row] = yield* sql.unsafe<{ found: number }>(
        `WITH found AS (${find} RETURNING 1) SELECT count(*)::float8 AS found FROM found`,
        [tenantId, retainedSince]
      )
      if (row !== undefined && row.found > 0) counts[table] = row.found
    }
    return counts
  }
)

/** Some of the recorded differences, starting after this position. */
export const differencesAfter = (place: number, count: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe<Difference>(
      `SELECT place::float8 AS place, table_name AS "table", key FROM pg_temp.${differences}
        WHERE place > $1 ORDER BY place LIMIT $2::bigint`,
      [place, count]
    ))

/** Number of plans and tasks left unchanged because some of their events are gone. */
export const countKept = Effect.fnUntraced(function*(shadows: ShadowTables, tenantId: string, retainedSince: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ kept: number }>(shadows.countKept, [tenantId, retainedSince])
  return row?.kept ?? 0
})

/** Replaces these rows by their shadows, if still necessary. */
export const replaceRows = Effect.fnUntraced(function*(
  shadows: ShadowTables,
  tenantId: string,
  retainedSince: string,
  differences: ReadonlyArray<Difference>
) {
  const sql = yield* SqlClient.SqlClient
  for (const { add, remove, replace, table } of shadows.statements) {
    const keys = differences.filter((one) => one.table === table).map(({ key }) => key)
    if (keys.length === 0) continue
    yield* sql.unsafe(remove, [tenantId, retainedSince, textArray(keys)])
    yield* sql.unsafe(replace, [tenantId, retainedSince, textArray(keys)])
    yield* sql.unsafe(add, [tenantId, textArray(keys)])
  }
})
