import { Effect, Layer, type Scope } from "effect"
import type { SqlClient } from "effect/sql"
import { readDatabaseConfig } from "../config.ts"
import { type Database, openDatabase } from "../database.ts"
import type { ApiKeys } from "../identity/ApiKeys.ts"
import * as PgApiKeys from "../identity/PgApiKeys.ts"
import { migrate, requireMigrated } from "../storage/postgres/migrate.ts"
import * as PgConnection from "../storage/postgres/PgConnection.ts"
import { given, type sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"

type Store = ApiKeys | SqlClient.SqlClient | Scope.Scope

const storeOf = ({ url }: Database) =>
  Layer.provideMerge(PgApiKeys.layer, PgConnection.layer({ url, maxConnections: 2 }))

/**
 * Runs a short command on the migrated database: the running server's, or one that is started for it and stopped
 * afterwards. `use` receives the names of the migrations that had to run.
 */
export const withStore = <A, E>(
  flags: FlagValues<typeof sharedFlags>,
  use: (database: Database, migrated: ReadonlyArray<string>) => Effect.Effect<A, E, Store>
) =>
  Effect.scoped(Effect.gen(function*() {
    const database = yield* openDatabase(yield* readDatabaseConfig(given(flags)), "command")
    return yield* Effect.flatMap(migrate(), (migrated) => use(database, migrated)).pipe(
      Effect.provide(storeOf(database))
    )
  }))

/**
 * `withStore` on an existing database that already has this version's schema. A read-only command must not create a
 * database in a mistyped directory, nor migrate one that older servers may be running on.
 */
export const withExistingDatabase = <A, E>(
  flags: FlagValues<typeof sharedFlags>,
  use: (database: Database) => Effect.Effect<A, E, Store>
) =>
  Effect.scoped(Effect.gen(function*() {
    const database = yield* openDatabase(yield* readDatabaseConfig(given(flags)), "command", false)
    return yield* Effect.andThen(requireMigrated, use(database)).pipe(Effect.provide(storeOf(database)))
  }))

/** For commands that need only the store. */
export const withExistingStore = <A, E>(flags: FlagValues<typeof sharedFlags>, use: Effect.Effect<A, E, Store>) =>
  withExistingDatabase(flags, () => use)
