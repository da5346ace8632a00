import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { readFileSync } from "node:fs"
import { TenantSql } from "../../../../src/storage/postgres/TenantSql.ts"

const file = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8")

/** The requests that `writesOf0002` are of. */
export const eventsOf0002: ReadonlyArray<ReadonlyArray<{ readonly [field: string]: unknown }>> = JSON.parse(
  file("0002.json")
)

/** When the server got them. */
export const receivedAt0002 = "2026-01-11T10:10:00Z"

/** One list of statements a request. */
const batches = file("0002.sql").split(/^-- batch \d+;$/m).slice(1).map((batch) =>
  batch.split(/;\n/).map((statement) => statement.trim()).filter((statement) => statement !== "")
)

/** Writes as the program does that knew no migration beyond 0002, as a replica of it would on a newer schema. */
export const writesOf0002 = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { within } = yield* TenantSql
  for (const batch of batches) {
    yield* within("acme")(Effect.forEach(batch, (statement) => sql.unsafe(statement), { discard: true }))
  }
})
