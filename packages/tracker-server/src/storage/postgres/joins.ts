import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"
import { nextRowId } from "./rowIds.ts"
import type { Statement } from "./Statement.ts"
import { mayWrite } from "./writes.ts"

/** How a column's values are sent: as an array of this type, cast to the column's own type if that differs. */
const travels = {
  text: { oid: PgTypes.OID.text, array: "text[]", cast: "" },
  timestamptz: { oid: PgTypes.OID.timestamptz, array: "timestamptz[]", cast: "" },
  jsonb: { oid: PgTypes.OID.text, array: "text[]", cast: "::jsonb" },
  bytea: { oid: PgTypes.OID.bytea, array: "bytea[]", cast: "" },
  uuid: { oid: PgTypes.OID.uuid, array: "uuid[]", cast: "" },
  float8: { oid: PgTypes.OID.float8, array: "float8[]", cast: "" },
  bigint: { oid: PgTypes.OID.float8, array: "float8[]", cast: "::bigint" },
  integer: { oid: PgTypes.OID.int4, array: "int4[]", cast: "" },
  int8multirange: { oid: PgTypes.OID.text, array: "text[]", cast: "::int8multirange" },
  boolean: { oid: PgTypes.OID.bool, array: "bool[]", cast: "" }
} as const

/** `jsonb` takes text that is already JSON, `timestamptz` a canonical instant. */
export interface Column<in Row> {
  readonly name: string
  readonly type: keyof typeof travels
  readonly of: (row: Row) => unknown
}

/** The column of a row's id, made here. */
export const rowId: Column<unknown> = { name: "id", type: "uuid", of: nextRowId }

/**
 * One statement that inserts any number of rows, with one array per column. The first parameter is the tenant. It
 * inserts nothing unless its transaction may write.
 * @param ending what follows, such as `ON CONFLICT DO NOTHING`
 */
export const insertStatement = <Row>(
  table: string,
  columns: ReadonlyArray<Column<Row>>,
  ending: string
): string => {
  const names = columns.map(({ name }) => name)
  const values = columns.map(({ name, type }) => `u.${name}${travels[type].cast}`)
  const arrays = columns.map(({ name, type }, i) => `unnest($${i + 2}::${travels[type].array}) AS ${name}`)
  return `INSERT INTO ${table} AS t (tenant_id, ${names.join(", ")})
    SELECT $1, ${values.join(", ")} FROM (SELECT ${arrays.join(", ")}) AS u WHERE ${mayWrite} ${ending}`
}

/** An `insertStatement` with these rows; none if there are no rows. */
export const insertRows = <Row>(
  sql: string,
  columns: ReadonlyArray<Column<Row>>,
  tenantId: string,
  rows: ReadonlyArray<Row>
): ReadonlyArray<Statement> =>
  rows.length === 0 ? [] : [{
    sql,
    params: [
      tenantId,
      ...columns.map(({ of, type }) => Result.getOrThrow(PgTypes.array(rows.map(of), travels[type].oid)))
    ]
  }]

/** An array parameter of texts. */
export const textArray = (values: ReadonlyArray<string>) => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))

/** An array parameter of canonical instants. */
export const instantArray = (values: ReadonlyArray<string>) =>
  Result.getOrThrow(PgTypes.array(values, PgTypes.OID.timestamptz))

/**
 * When the incoming row (`excluded`) has a fact that the stored row (`t`) lacks or has with less weight: see `Fact`.
 */
const wins = {
  latest: (key: string) => `excluded.${key} > t.${key}`,
  earliest: (key: string) => `excluded.${key} <> '' AND (t.${key} = '' OR excluded.${key} < t.${key})`,
  prevailing: (key: string) =>
    `CASE WHEN excluded.${key} >= '2' AND t.${key} >= '2' THEN excluded.${key} < t.${key}
      ELSE excluded.${key} > t.${key} END`
}

/** The `SET` clause of an upsert for the columns of one fact, its key first: `Fact`'s merges in SQL. */
export const joinFact = (merge: keyof typeof wins, key: string, ...values: ReadonlyArray<string>): string =>
  [key, ...values].map((column) =>
    `${column} = CASE WHEN ${wins[merge](key)} THEN excluded.${column} ELSE t.${column} END`
  )
    .join(", ")

/** The `SET` clause of an upsert for columns that keep the lesser or greater value, independently of other columns. */
export const joinColumn = (join: "LEAST" | "GREATEST" | "OR", ...columns: ReadonlyArray<string>): string =>
  columns.map((column) =>
    join === "OR"
      ? `${column} = t.${column} OR excluded.${column}`
      : `${column} = ${join}(t.${column}, excluded.${column})`
  ).join(", ")

/** Reads a timestamptz as a canonical instant, whatever the session's time zone. */
export const readInstant = (column: string, as: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${as}`

/** A value as text for a `jsonb` column; null becomes SQL NULL. */
export const jsonText = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value)
