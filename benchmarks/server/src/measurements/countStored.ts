import { PgConnection } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"

/** Asks a database how many events it has. */
export const countStored = (databaseUrl: string, count: string) =>
  Effect.scoped(Effect.gen(function*() {
    const pg = yield* PgConnection.make({ url: Redacted.make(databaseUrl) })
    const { rows: [row] } = yield* pg.query(count)
    return Number(row?.["stored"])
  }))
