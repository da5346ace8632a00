import * as Pg from "@effect/sql-pg/PgConnection"
import { Effect, Option, Redacted, Schema, type Scope } from "effect"
import type { DatabaseConfig } from "./config.ts"
import type { DataDirectoryUnusable } from "./storage/embedded/DataDirectoryUnusable.ts"
import * as EmbeddedPostgres from "./storage/embedded/EmbeddedPostgres.ts"
import { layoutOf } from "./storage/embedded/layout.ts"
import type { Role } from "./storage/embedded/Ownership.ts"

/** The configured database cannot be used. */
export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  /** Host and database name, without user and password. */
  where: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The database ${this.where} cannot be used: ${this.detail}`
  }
}

export interface Database {
  readonly url: Redacted.Redacted
  /** For display: the directory, or host and database name; never a password. */
  readonly where: string
  /** Where the first key is stored; only with the embedded database. */
  readonly apiKeyFile: Option.Option<string>
  /** Fails if we lose ownership of the database; otherwise never completes. */
  readonly failure: Effect.Effect<never, DataDirectoryUnusable>
}

/** The oldest major version of PostgreSQL that the schema supports. */
const oldestMajor = 15

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.cause instanceof Error) return reasonOf(cause.cause)
  return cause instanceof AggregateError ? cause.errors.map(reasonOf).join("; ") : cause.message
}

const probe = Effect.fnUntraced(function*(url: Redacted.Redacted, where: string) {
  const unusable = (detail: string) => new DatabaseUnusable({ where, detail })
  const connection = yield* Pg.make({ url, applicationName: "tracker-server probe" }).pipe(
    Effect.mapError((error) =>
      unusable(
        `${reasonOf(error.reason.cause)}. Is it running, and are --database-url's host, port, user and password right?`
      )
    )
  )
  const { rows: [row] } = yield* connection.query(
    "SELECT current_setting('server_version_num')::int4 / 10000 AS major, current_setting('server_encoding') AS encoding"
  ).pipe(Effect.mapError((error) => unusable(reasonOf(error.reason.cause))))
  const [major, encoding] = [Number(row?.["major"]), String(row?.["encoding"])]
  if (major < oldestMajor) yield* unusable(`it is PostgreSQL ${major}, but at least ${oldestMajor} is required.`)
  if (encoding !== "UTF8") yield* unusable(`its encoding is ${encoding}. Create it with ENCODING 'UTF8'.`)
})

/**
 * Opens the configured database until the scope closes: an external one is tried once; the embedded one is started, and
 * created if there is none and `create` allows it.
 */
export const openDatabase = Effect.fnUntraced(function*(
  config: DatabaseConfig,
  role: Role,
  create: boolean = true
): Effect.fn.Return<Database, DatabaseUnusable | DataDirectoryUnusable, Scope.Scope> {
  if (Option.isSome(config.databaseUrl)) {
    const url = config.databaseUrl.value
    const { host, pathname } = new URL(Redacted.value(url))
    const where = `${host}${pathname}`
    yield* Effect.scoped(probe(url, where))
    return { url, where, apiKeyFile: Option.none(), failure: Effect.never }
  }
  const { failure, url } = yield* EmbeddedPostgres.open({ directory: config.dataDirectory, role, create })
  const { apiKey, root } = layoutOf(config.dataDirectory)
  return { url, where: root, apiKeyFile: Option.some(apiKey), failure }
})
