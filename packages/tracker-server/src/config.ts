import { defaultPrefix, isNatsUrl, isPrefix } from "@durable-effect/bus/nats"
import { Duration, Effect, Option, Redacted, Schema } from "effect"
import { isTenantId } from "./identity/isTenantId.ts"

/** A flag or environment variable cannot be parsed. */
export class InvalidSetting extends Schema.TaggedError<InvalidSetting>()("InvalidSetting", {
  /** `--port` or `TRACKER_PORT`, whichever was given. */
  name: Schema.String,
  expected: Schema.String,
  value: Schema.String
}) {
  override get message() {
    return `${this.name} takes ${this.expected}, not "${this.value}".`
  }
}

/** Where the data is: sufficient for every command. */
export interface DatabaseConfig {
  /** An external PostgreSQL; without it, an embedded one is started in `dataDirectory`. */
  readonly databaseUrl: Option.Option<Redacted.Redacted>
  readonly dataDirectory: string
}

/** Where the bus is, and which tenant its events belong to. */
export interface BusConfig {
  readonly url: Redacted.Redacted
  /** The prefix of its subjects. */
  readonly prefix: string
  /** The tenant of its events, unless a trusted field names another. */
  readonly tenant: string
  /** The envelope field that is trusted to name the tenant. */
  readonly tenantField: Option.Option<string>
}

/** Everything `start` needs. */
export interface ServerConfig extends DatabaseConfig {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** The secret of a key that must exist for the tenant `default`. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  /** How long events are kept; `None` keeps everything. */
  readonly retention: Option.Option<Duration.Duration>
  /** The bus to subscribe to; `None` for HTTP only. */
  readonly bus: Option.Option<BusConfig>
  /** The only origin whose pages may read responses. */
  readonly corsOrigin: Option.Option<string>
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

export const logLevels = ["trace", "debug", "info", "warn", "error", "none"] as const
export type LogLevel = typeof logLevels[number]
export const logFormats = ["pretty", "json"] as const
export type LogFormat = typeof logFormats[number]

/** A single setting. */
export interface Setting<A> {
  readonly flag: string
  readonly env: string
  readonly expected: string
  /** Returns `undefined` for text that cannot be parsed. */
  readonly parse: (text: string) => A | undefined
}

/** The raw texts by flag name (`database-url`) and by environment variable. */
export interface Given {
  readonly flags: { readonly [flag: string]: string | undefined }
  readonly env: { readonly [name: string]: string | undefined }
}

/** Settings whose values are never printed. */
const secretSettings: ReadonlySet<string> = new Set(["database-url", "nats-url", "api-key"])

/** A flag takes precedence over the environment; an empty environment variable counts as unset. */
export const readSetting = <A>(
  { env, flags }: Given,
  setting: Setting<A>
): Effect.Effect<Option.Option<A>, InvalidSetting> => {
  const flag = flags[setting.flag]
  const text = flag ?? (env[setting.env] === "" ? undefined : env[setting.env])
  if (text === undefined) return Effect.succeedNone
  const value = setting.parse(text)
  return value !== undefined ? Effect.succeedSome(value) : Effect.fail(
    new InvalidSetting({
      name: flag === undefined ? setting.env : `--${setting.flag}`,
      expected: setting.expected,
      value: secretSettings.has(setting.flag) ? "…" : text
    })
  )
}

const text = (flag: string, env: string, expected: string): Setting<string> => ({
  flag,
  env,
  expected,
  parse: (text) => text.trim() === "" ? undefined : text
})

const oneOf = <const A extends string>(flag: string, env: string, values: ReadonlyArray<A>): Setting<A> => ({
  flag,
  env,
  expected: `one of ${values.join(", ")}`,
  parse: (text) => values.find((value) => value === text)
})

const host = text("host", "TRACKER_HOST", "an address to listen on, such as 127.0.0.1")

const port: Setting<number> = {
  flag: "port",
  env: "TRACKER_PORT",
  expected: "a whole number from 0 (any free port) to 65535",
  parse: (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

const databaseUrl: Setting<Redacted.Redacted> = {
  flag: "database-url",
  env: "DATABASE_URL",
  expected: "a URL such as postgres://user:password@host:5432/database",
  parse: (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? Redacted.make(text) : undefined
}

export const dataDirectory = text("data-dir", "TRACKER_DATA_DIR", "a folder")

/** What an `Authorization` header can carry after `Bearer`. */
const bearer = /^[\w\-.~+/]+=*$/

export const apiKey: Setting<Redacted.Redacted> = {
  flag: "api-key",
  env: "TRACKER_API_KEY",
  expected: "letters, digits and -._~+/ only, as a bearer token may have",
  parse: (text) => bearer.test(text) ? Redacted.make(text) : undefined
}

const days: { readonly [unit: string]: number } = { m: 1 / 1440, h: 1 / 24, d: 1 }

/** Maximum age of events; `off` keeps everything. */
const retention: Setting<Option.Option<Duration.Duration>> = {
  flag: "retention",
  env: "TRACKER_RETENTION",
  expected: "a time such as 90d, 12h or 30m, or off",
  parse: (text) => {
    if (text === "off") return Option.none()
    const [, amount = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
    const inDays = Number(amount) * (days[unit] ?? 0)
    return inDays > 0 ? Option.some(Duration.days(inDays)) : undefined
  }
}

const corsOrigin: Setting<string> = {
  flag: "cors-origin",
  env: "TRACKER_CORS_ORIGIN",
  expected: "an origin such as https://app.example.com, or *",
  parse: (text) => text === "*" || URL.canParse(text) && new URL(text).origin === text ? text : undefined
}

const natsUrl: Setting<Redacted.Redacted> = {
  flag: "nats-url",
  env: "NATS_URL",
  expected: "a URL such as nats://user:password@host:4222, or several with commas between",
  parse: (text) => isNatsUrl(text) ? Redacted.make(text) : undefined
}

const natsPrefix: Setting<string> = {
  flag: "nats-prefix",
  env: "TRACKER_NATS_PREFIX",
  expected: "words of letters, digits, - and _ with dots between",
  parse: (text) => isPrefix(text) ? text : undefined
}

const natsTenant: Setting<string> = {
  flag: "nats-tenant",
  env: "TRACKER_NATS_TENANT",
  expected: "a name of 1 to 255 bytes",
  parse: (text) => isTenantId(text) ? text : undefined
}

/** Environment only: trusting a field of every event is a decision for the deployment, not for a command line. */
const natsTenantField = text("nats-tenant-field", "TRACKER_NATS_TENANT_FIELD", "the name of a field, such as tenant_id")

const logLevel = oneOf("log-level", "TRACKER_LOG_LEVEL", logLevels)
const logFormat = oneOf("log-format", "TRACKER_LOG_FORMAT", logFormats)

export const readDatabaseConfig = (given: Given): Effect.Effect<DatabaseConfig, InvalidSetting> =>
  Effect.all({
    databaseUrl: readSetting(given, databaseUrl),
    dataDirectory: Effect.map(readSetting(given, dataDirectory), Option.getOrElse(() => "./.tracker"))
  })

const readBusConfig = (given: Given): Effect.Effect<Option.Option<BusConfig>, InvalidSetting> =>
  Effect.map(
    Effect.all({
      url: readSetting(given, natsUrl),
      prefix: Effect.map(readSetting(given, natsPrefix), Option.getOrElse(() => defaultPrefix)),
      tenant: Effect.map(readSetting(given, natsTenant), Option.getOrElse(() => "default")),
      tenantField: readSetting(given, natsTenantField)
    }),
    ({ url, ...others }) => Option.map(url, (url) => ({ url, ...others }))
  )

/** `isTerminal`: whether a person reads the log, in which case the default format is pretty. */
export const readServerConfig = (given: Given, isTerminal: boolean): Effect.Effect<ServerConfig, InvalidSetting> =>
  Effect.all({
    host: Effect.map(readSetting(given, host), Option.getOrElse(() => "127.0.0.1")),
    port: Effect.map(readSetting(given, port), Option.getOrElse(() => 8084)),
    apiKey: readSetting(given, apiKey),
    retention: Effect.map(readSetting(given, retention), Option.getOrElse(() => Option.some(Duration.days(90)))),
    bus: readBusConfig(given),
    corsOrigin: readSetting(given, corsOrigin),
    logLevel: Effect.map(readSetting(given, logLevel), Option.getOrElse((): LogLevel => "info")),
    logFormat: Effect.map(
      readSetting(given, logFormat),
      Option.getOrElse((): LogFormat => isTerminal ? "pretty" : "json")
    )
  }).pipe(
    Effect.flatMap((own) => Effect.map(readDatabaseConfig(given), (database) => ({ ...own, ...database })))
  )
