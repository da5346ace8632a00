import { EmbeddedPostgres } from "@durable-effect/tracker-server"
import { Effect, Redacted, type Scope } from "effect"

/**
 * Starts the PostgreSQL of a data directory, made when there is none, until the scope closes, and answers a superuser's
 * URL. Nothing is committed before it is on the disk, unless `settings` say otherwise, as `["-c", "fsync=off"]` does.
 */
export const startEmbeddedPostgres = (
  directory: string,
  settings: ReadonlyArray<string> = []
): Effect.Effect<string, { readonly message: string }, Scope.Scope> =>
  Effect.map(EmbeddedPostgres.open({ directory, role: "server", settings }), ({ url }) => Redacted.value(url))
