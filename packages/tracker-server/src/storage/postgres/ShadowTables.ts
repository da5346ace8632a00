import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type ProjectedName, type ProjectedTable, projectedTables } from "./projectedTables.ts"

/** A projected table and its shadow, with their names in SQL. */
export interface Shadowed {
  readonly table: ProjectedTable & { readonly name: ProjectedName }
  readonly live: string
  readonly shadow: string
  /** What events say: all columns but the key, and those about the row itself. */
  readonly columns: ReadonlyArray<string>
  readonly hasUpdatedAt: boolean
}

/** Shadows of the projected tables, private to the session that created them and gone with it. */
export interface ShadowTables {
  /**
   * Fails if this session has no shadows: run it first in every transaction that writes to them under the live tables'
   * names.
   */
  readonly require: string
  readonly tables: ReadonlyArray<Shadowed>
  /** A live table's name in SQL. */
  readonly live: (table: string) => string
}

/** Rows that differ from their shadows. Stored beside them: after a rule change, every row may be among them. */
export const differencesTable = "pg_temp.rebuild_differences"

export const quoted = (name: string) => `"${name.replaceAll("\"", "\"\"")}"`

/** Columns about the row itself rather than what events say. */
const ownColumns = new Set(["id", "tenant_id", "created_at", "updated_at"])

const columnsOf = Effect.fnUntraced(function*(table: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`
    SELECT attname::text AS name FROM pg_attribute
    WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`
  return rows.map(({ name }) => name)
})

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
  const tables = yield* Effect.forEach(
    projectedTables,
    (table) =>
      Effect.map(columnsOf(live(table.name)), (all): Shadowed => ({
        table,
        live: live(table.name),
        shadow: `pg_temp.${table.name}`,
        columns: all.filter((column) => column !== table.key && !ownColumns.has(column)),
        hasUpdatedAt: all.includes("updated_at")
      }))
  )
  for (const { live, shadow, table: { key, name } } of tables) {
    yield* sql.unsafe(`CREATE TEMPORARY TABLE ${name} (LIKE ${live} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
    yield* sql.unsafe(`CREATE UNIQUE INDEX ON ${shadow} (tenant_id, ${key})`)
  }
  yield* sql.unsafe(`CREATE TEMPORARY TABLE ${differencesTable} (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL, key text NOT NULL)`)
  const shadows: ShadowTables = { require: `SELECT FROM pg_temp.${projectedTables[0].name} LIMIT 0`, tables, live }
  return shadows
})

/** Empties the shadows for the next tenant. */
export const clearShadows = Effect.fnUntraced(function*({ tables }: ShadowTables) {
  const sql = yield* SqlClient.SqlClient
  for (const name of [...tables.map(({ shadow }) => shadow), differencesTable]) yield* sql.unsafe(`TRUNCATE ${name}`)
})
