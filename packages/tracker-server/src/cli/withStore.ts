import { Effect, Layer, type Scope } from "effect"
import type { SqlClient } from "effect/sql"
import { readDatabaseConfig } from "../config.ts"
import { type Database, openDatabase } from "../database.ts"
import type { ApiKeys } from "../identity/ApiKeys.ts"
import * as PgApiKeys from "../identity/PgApiKeys.ts"
import { migrate } from "../storage/postgres/migrate.ts"
import * as PgConnection from "../storage/postgres/PgConnection.ts"
import { given, type sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"

/**
 * Runs a short command on the migrated database: the running server's, or one that is started for it and stopped
 * after. `use` gets the names of the migrations that had to run.
 */
export const withStore = <A, E>(
  flags: FlagValues<typeof sharedFlags>,
  use: (
    database: Database,
    migrated: ReadonlyArray<string>
  ) => Effect.Effect<A, E, ApiKeys | SqlClient.SqlClient | Scope.Scope>
) =>
  Effect.scoped(Effect.gen(function*() {
    const database = yield* openDatabase(yield* readDatabaseConfig(given(flags)), "command")
    const store = Layer.provideMerge(PgApiKeys.layer, PgConnection.layer({ url: database.url, maxConnections: 2 }))
    return yield* Effect.flatMap(migrate(), (migrated) => use(database, migrated)).pipe(Effect.provide(store))
  }))
