import { PgConnection, PgTypes } from "@effect/sql-pg"
import { Effect, Exit, Redacted, Result, Scope } from "effect"
import { newPass, type Pass } from "../traffic/marks.ts"
import { readTimelineRows, type TimelineRows } from "../traffic/TimelineRows.ts"
import { markedCells } from "./MarkedCells.ts"
import { neverRefused, type Open } from "./Writer.ts"

/** How a column's values travel: in the binary form of their type, or as text that is cast. */
const binary: Readonly<Record<string, { readonly oid: number; readonly of: (text: string) => unknown }>> = {
  text: { oid: PgTypes.OID.text, of: String },
  uuid: { oid: PgTypes.OID.uuid, of: String },
  integer: { oid: PgTypes.OID.int4, of: Number },
  bigint: { oid: PgTypes.OID.int8, of: BigInt }
}

const asText = { oid: PgTypes.OID.text, of: String }

const arrayOf = (type: string, texts: ReadonlyArray<string | null>) => {
  const { of, oid } = binary[type] ?? asText
  const values = oid === PgTypes.OID.text ? texts : texts.map((text) => text === null ? null : of(text))
  return Result.getOrThrow(PgTypes.array(values, oid))
}

const statementOf = (table: string, columns: TimelineRows["columns"]) => {
  const names = columns.map(({ name }) => name).join(", ")
  const arrays = columns.map(({ type }, nth) => `$${nth + 1}::${type in binary ? type : "text"}[]`).join(", ")
  const values = columns.map(({ name, type }) => type in binary ? `u.${name}` : `u.${name}::${type}`).join(", ")
  return `INSERT INTO ${table} (${names}) SELECT ${values} FROM unnest(${arrays}) AS u(${names})`
}

/** A connection of the driver that ours uses, and nothing in between. */
const open = (databaseUrl: string, scope: Scope.Scope) =>
  Effect.runPromise(Scope.provide(PgConnection.make({ url: Redacted.make(databaseUrl) }), scope))

/** The rows that the server stores of the same events, into one table by one prepared statement, as the table's owner. */
const insertInto = (table: string, prepare: ReadonlyArray<string>): Open => async (surroundings) => {
  const { batch, connections, databaseUrl, rowsFile } = surroundings
  const { columns, rows } = readTimelineRows(rowsFile)
  const eventIdAt = columns.findIndex(({ name }) => name === "event_id")
  const batches = Array.from({ length: Math.floor(rows.length / batch) }, (_, nth) => {
    const some = rows.slice(nth * batch, nth * batch + batch)
    return columns.map(({ name, type }, at) => {
      const receivedNow = name === "received_at"
      // An event's id serves as the row's: it is a UUID as well, and as new.
      const cells = markedCells(some.map((row) => row[name === "id" ? eventIdAt : at] ?? null))
      return (pass: Pass, now: string) => arrayOf(type, receivedNow ? some.map(() => now) : cells(pass))
    })
  })
  const scope = Scope.makeUnsafe()
  const all = await Promise.all(
    Array.from({ length: connections }, async (_, connection) => ({
      pg: await open(databaseUrl, scope),
      next: Math.floor(batches.length * connection / connections),
      pass: newPass()
    }))
  )
  for (const statement of prepare) await Effect.runPromise(all[0]?.pg.query(statement) ?? Effect.void)
  const statement = statementOf(table, columns)
  return {
    write: async (connection) => {
      const one = all[connection]
      if (one === undefined) throw new Error(`there is no connection ${connection}`)
      if (one.next === batches.length) {
        one.next = 0
        one.pass = newPass()
      }
      const now = new Date().toISOString()
      const parameters = (batches[one.next++] ?? []).map((column) => column(one.pass, now))
      await Effect.runPromise(one.pg.query(statement, parameters, true))
      return batch
    },
    refused: neverRefused,
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

export const bare = insertInto("event_timeline", [])

/** The same columns without an index, a constraint or a partition. */
export const barePlain = insertInto("plain_timeline", [
  "CREATE TABLE plain_timeline (LIKE event_timeline INCLUDING DEFAULTS)"
])
