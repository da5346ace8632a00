import { ConfigProvider, Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { Otlp, OtlpExporter, OtlpSerialization } from "effect/observability"
import { InvalidSetting } from "../config.ts"
import { stopBudget } from "../stopBudget.ts"
import { version } from "../version.ts"

interface Environment {
  readonly [name: string]: string | undefined
}

const endpoints = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
]

/** Defaults that the specification defines and the libraries do not apply. */
const defaults: Environment = {
  OTEL_SERVICE_NAME: "tracker-server",
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_METRICS_EXPORTER: "otlp",
  OTEL_LOGS_EXPORTER: "otlp"
}

/** Serializations by protocol; JSON is for collectors that accept nothing else. */
const serializations = new Map([
  ["http/protobuf", OtlpSerialization.layerProtobuf],
  ["http/json", OtlpSerialization.layerJson]
])

/** A collector that takes longer to respond counts as down, as does one with more requests pending than this. */
const patience = "5 seconds"
const maxUnderWay = 8

/** Ends requests that do not complete, so that nothing piles up behind a collector that hangs. */
const bounded = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) => {
    let underWay = 0
    return HttpClient.transform(client, (answer) =>
      Effect.suspend(() => {
        if (underWay >= maxUnderWay) return Effect.die(new Error("the collector does not keep up"))
        underWay++
        return answer.pipe(
          Effect.timeoutOrElse({
            duration: patience,
            orElse: () => Effect.die(new Error(`the collector did not answer within ${patience}`))
          }),
          Effect.ensuring(Effect.sync(() => {
            underWay--
          }))
        )
      }))
  })
).pipe(Layer.provide(FetchHttpClient.layer))

const given = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""))

const check = (env: Environment): InvalidSetting | undefined => {
  for (const name of endpoints) {
    const value = env[name]
    if (value !== undefined && !(/^https?:\/\//.test(value) && URL.canParse(value))) {
      return new InvalidSetting({ name, expected: "a URL such as http://127.0.0.1:4318", value })
    }
  }
  const name = "OTEL_EXPORTER_OTLP_PROTOCOL"
  const value = env[name]
  return value === undefined || serializations.has(value)
    ? undefined
    : new InvalidSetting({ name, expected: `one of ${[...serializations.keys()].join(", ")}`, value })
}

/**
 * Sends traces, metrics and logs to an OpenTelemetry collector if the environment configures one as the specification
 * defines; otherwise nothing. Remaining data is flushed at shutdown as far as the collector accepts it in time. A
 * collector that is down is left alone for a minute, and its data is dropped.
 */
export const layer = (environment: Environment): Layer.Layer<never, InvalidSetting> => {
  const env = given(environment)
  const fault = check(env)
  if (fault !== undefined) return Layer.effectDiscard(Effect.fail(fault))
  if (!endpoints.some((name) => env[name] !== undefined)) return Layer.empty
  const all = {
    ...defaults,
    ...env,
    // All signals are flushed together at shutdown; the time each would wait by itself comes on top.
    OTEL_EXPORTER_OTLP_TIMEOUT: String(stopBudget.telemetryMs / 10)
  }
  const exporters = Otlp.layerFromConfig({ resource: { serviceVersion: version } }).pipe(
    Layer.provide(serializations.get(env["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "") ?? OtlpSerialization.layerProtobuf),
    Layer.provide(bounded),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: all })))
  )
  const flushed = Layer.effectDiscard(
    Effect.flatMap(
      OtlpExporter.Flusher,
      ({ flush }) =>
        Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(flush), stopBudget.telemetryMs / 2))
    )
  )
  return Layer.provideMerge(flushed, exporters).pipe(
    Layer.catchCause((cause) =>
      Layer.effectDiscard(Effect.logWarning("OpenTelemetry is off: its settings cannot be read", cause))
    )
  )
}
