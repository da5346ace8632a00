import { Console, Effect, Layer, Logger, type LogLevel, References } from "effect"
import { readServerConfig, type ServerConfig } from "../config.ts"
import { openDatabase } from "../database.ts"
import { checkPort } from "../http/checkPort.ts"
import { ensureFirstKey } from "../identity/firstKey.ts"
import * as PgApiKeys from "../identity/PgApiKeys.ts"
import { proveIsolation } from "../identity/selfTest.ts"
import { serve } from "../server.ts"
import { migrate } from "../storage/postgres/migrate.ts"
import * as PgConnection from "../storage/postgres/PgConnection.ts"
import * as openTelemetry from "../telemetry/openTelemetry.ts"
import { version } from "../version.ts"
import { given, type sharedFlags, type startFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"

const levels: { readonly [level in ServerConfig["logLevel"]]: LogLevel.LogLevel } = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  none: "None"
}

/** Standard output is reserved for what `start` promises to print; the log goes to standard error. */
const logging = ({ logFormat, logLevel }: ServerConfig) =>
  Layer.mergeAll(
    // `consoleJson` always writes to standard output; only the pretty logger honours `LogToStderr`.
    Logger.layer([logFormat === "json" ? Logger.withConsoleError(Logger.formatJson) : Logger.consolePretty()]),
    Layer.succeed(Logger.LogToStderr, true),
    Layer.succeed(References.MinimumLogLevel, levels[logLevel])
  )

/** Prepares a database for serving: its tables, proof that tenants are isolated, and a key. */
const prepare = Effect.fnUntraced(function*(config: ServerConfig, apiKeyFile: Parameters<typeof ensureFirstKey>[1]) {
  const migrated = yield* migrate()
  if (migrated.length > 0) yield* Effect.logInfo(`Migrated: ${migrated.join(", ")}`)
  yield* proveIsolation
  yield* ensureFirstKey(config.apiKey, apiKeyFile)
})

let serving = false
/** Whether this process is a server rather than a short command. */
export const isServing = (): boolean => serving

/** Runs until the process is told to stop, or another server takes over its data directory. */
export const runStart = (flags: FlagValues<typeof sharedFlags> & FlagValues<typeof startFlags>) =>
  Effect.gen(function*() {
    serving = true
    const config = yield* readServerConfig(given(flags), process.stderr.isTTY)
    yield* Effect.scoped(Effect.gen(function*() {
      yield* checkPort(config.host, config.port)
      const database = yield* openDatabase(config, "server")
      const owner = Layer.provideMerge(PgApiKeys.layer, PgConnection.layer({ url: database.url, maxConnections: 1 }))
      yield* prepare(config, database.apiKeyFile).pipe(Effect.provide(owner))
      const url = yield* serve(config, database.url)
      yield* Console.log(`tracker-server ${version} is ready at ${url} (data in ${database.where})`)
      yield* database.failure
    })).pipe(Effect.provide(Layer.provideMerge(openTelemetry.layer(process.env), logging(config))))
  })
