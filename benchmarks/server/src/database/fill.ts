import { Effect } from "effect"
import { markTexts } from "../traffic/marks.ts"
import { onDatabase, runOn } from "./onDatabase.ts"

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
}

/** Every table that has rows of a tenant's events, but for the partitions of others, with the columns that a row brings with it. */
const columnsOfTenants = `SELECT c.table_name::text AS table, c.column_name::text AS name, c.data_type::text AS type
  FROM information_schema.columns c JOIN pg_class t ON t.oid = c.table_name::regclass
  WHERE c.table_schema = 'public' AND t.relkind IN ('r', 'p') AND NOT t.relispartition
    AND c.is_generated = 'NEVER' AND c.is_identity = 'NO' AND c.data_type <> 'xid8'
    AND c.table_name IN (SELECT table_name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name = 'tenant_id')
    AND c.table_name NOT IN ('api_keys', 'ingest_counts')
  ORDER BY c.table_name, c.ordinal_position`

/** What stands in place of marks in copy number `copy`: ids and instants of its own, see `marks`. */
const own = (text: string) =>
  `replace(replace(${text}, '${markTexts.id}', id_text), '${markTexts.second}', minute_text)`

/** A column of a copy, from that of the row `s` that it is copied from. */
const copied = ({ name, type }: Column): string => {
  const column = `s.${name}`
  if (name === "trace_id") return `left(md5(${column} || copy), 12) || substr(${column}, 13)`
  if (name.endsWith("received_at")) return "received"
  switch (type) {
    case "text":
      return own(column)
    case "jsonb":
      return `CASE WHEN marked_${name} IS NULL THEN ${column} ELSE ${own(`marked_${name}`)}::jsonb END`
    case "uuid": // one of the server's own making ascends, one of the database's is random
      return `CASE WHEN substr(${column}::text, 15, 1) = '7'
        THEN (id_text || substr(gen_random_uuid()::text, 16))::uuid ELSE gen_random_uuid() END`
    case "bytea":
      return `substr(sha256(${column} || int4send(copy)), 1, octet_length(${column}))`
    case "timestamp with time zone":
      return `CASE WHEN ${column} < '2001-01-01' THEN ${column} + shift ELSE ${column} END`
    default:
      return column
  }
}

/** A table's rows with the texts of such JSON as has marks, so that the rest is copied as it is. */
const templateOf = (table: string, columns: ReadonlyArray<Column>) => {
  const marked = columns.filter(({ type }) => type === "jsonb").map(({ name }) =>
    `, CASE WHEN ${name}::text LIKE '%${markTexts.id}%' OR ${name}::text LIKE '%${markTexts.second}%'
      THEN ${name}::text END AS marked_${name}`
  )
  return `CREATE UNLOGGED TABLE fill_${table} AS SELECT *${marked.join("")} FROM ${table}`
}

const insertOf = (table: string, columns: ReadonlyArray<Column>) =>
  `INSERT INTO ${table} (${columns.map(({ name }) => name).join(", ")})
    SELECT ${columns.map(copied).join(", ")} FROM fill_${table} s;`

/** Copies are committed one by one, as batches are. Copy number n is received n ms after `base`, which is of them all. */
const copyAll = (inserts: ReadonlyArray<string>, base: string, from: number, to: number) =>
  `DO $$ DECLARE
    received timestamptz; id_text text; shift interval; minute_text text; epoch_ms bigint;
  BEGIN
    FOR copy IN ${from}..${to} LOOP
      received := timestamptz '${base}' + copy * interval '1 ms';
      epoch_ms := floor(extract(epoch FROM received) * 1000);
      id_text := lpad(to_hex(epoch_ms >> 16), 8, '0') || '-' || lpad(to_hex(epoch_ms & 65535), 4, '0') || '-7';
      shift := date_trunc('minute', received) - timestamptz '2000-01-01T00:00:00Z';
      minute_text := to_char(received AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI":"');
      ${inserts.join("\n      ")}
      COMMIT;
    END LOOP;
  END $$`

/** As many as there are cores to do it. */
const writers = 2

/**
 * Fills a database that has one tape in it with copies of all of its rows, in every table, until it has so many events:
 * what the server itself has made of them, with other ids, traces and instants.
 */
export const fill = (databaseUrl: string, eventsOfTape: number, events: number) =>
  Effect.gen(function*() {
    const columns = yield* onDatabase(databaseUrl, (sql) => sql.unsafe<Column & object>(columnsOfTenants))
    const tables = [...Map.groupBy(columns, ({ table }) => table)]
    yield* runOn(databaseUrl, ...tables.map(([table, columns]) => templateOf(table, columns)))
    const inserts = tables.map(([table, columns]) => insertOf(table, columns))
    const copies = Math.ceil(events / eventsOfTape) - 1
    const base = new Date(Date.now() - copies).toISOString()
    const parts = Array.from(
      { length: writers },
      (_, part) => [1 + Math.floor(copies * part / writers), Math.floor(copies * (part + 1) / writers)] as const
    )
    yield* Effect.forEach(
      parts,
      ([from, to]) => runOn(databaseUrl, "SET synchronous_commit = off", copyAll(inserts, base, from, to)),
      { concurrency: "unbounded", discard: true }
    )
    yield* runOn(databaseUrl, ...tables.map(([table]) => `DROP TABLE fill_${table}`), "VACUUM (ANALYZE)")
  })
