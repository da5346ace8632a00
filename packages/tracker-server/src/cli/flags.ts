import { Option } from "effect"
import { Flag } from "effect/cli"
import { type Given, logFormats, logLevels } from "../config.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

/** Accepted by every command. Named as on the command line, which is how `config.ts` looks them up. */
export const sharedFlags = {
  "database-url": text(
    "database-url",
    "URL",
    "PostgreSQL to keep the data in. Without it, one is started in the data directory [DATABASE_URL]"
  ),
  "data-dir": text("data-dir", "FOLDER", "Where the embedded PostgreSQL lives (default ./.tracker) [TRACKER_DATA_DIR]"),
  verbose: Flag.Boolean("verbose").pipe(Flag.withDescription("Show stack traces"), Flag.withDefault(false))
}

/** Accepted by `start`. All values are text here: `config.ts` parses them, the same way as the environment. */
export const startFlags = {
  host: text("host", "ADDRESS", "Address to listen on (default 127.0.0.1) [TRACKER_HOST]"),
  port: text("port", "NUMBER", "Port to listen on, 0 for any free one (default 8084) [TRACKER_PORT]"),
  "api-key": text(
    "api-key",
    "SECRET",
    "Secret of a key for the tenant default with all scopes, made if missing [TRACKER_API_KEY]"
  ),
  retention: text(
    "retention",
    "TIME",
    "How long events are kept at least, such as 12h, or off; they go by whole weeks (default 90d) [TRACKER_RETENTION]"
  ),
  "nats-url": text(
    "nats-url",
    "URL",
    "NATS server to listen to as well, such as nats://host:4222 (default: none) [NATS_URL]"
  ),
  "nats-prefix": text("nats-prefix", "TEXT", "What its subjects begin with (default tracker) [TRACKER_NATS_PREFIX]"),
  "nats-tenant": text(
    "nats-tenant",
    "TENANT",
    "Tenant of the events that it carries (default: the tenant default) [TRACKER_NATS_TENANT]"
  ),
  "cors-origin": text(
    "cors-origin",
    "ORIGIN",
    "Web origin whose pages may read answers (default: none) [TRACKER_CORS_ORIGIN]"
  ),
  "log-level": text("log-level", "LEVEL", `${logLevels.join(", ")} (default info) [TRACKER_LOG_LEVEL]`),
  "log-format": text(
    "log-format",
    "FORMAT",
    `${logFormats.join(" or ")} (default: pretty on a terminal, else json) [TRACKER_LOG_FORMAT]`
  )
}

/** The values given on the command line and in the environment, as `config.ts` reads them. */
export const given = (flags: { readonly [flag: string]: unknown }): Given => ({
  flags: Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) =>
      Option.isOption(value) && Option.isSome(value) ? [[name, String(value.value)]] : []
    )
  ),
  env: process.env
})
