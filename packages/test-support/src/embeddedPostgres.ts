import { EmbeddedPostgres } from "@durable-effect/tracker-server"
import { Effect, Redacted, type Scope } from "effect"

/**
 * Starts the PostgreSQL of a data directory, created if missing, until the scope closes, and returns a superuser's URL.
 * Commits are durable unless `settings` say otherwise, as `["-c", "fsync=off"]` does.
 */
export const startEmbeddedPostgres = (
  directory: string,
  settings: ReadonlyArray<string> = []
): Effect.Effect<string, { readonly message: string }, Scope.Scope> =>
  Effect.map(EmbeddedPostgres.open({ directory, role: "server", settings }), ({ url }) => Redacted.value(url))
