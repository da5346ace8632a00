import { Config, ConfigProvider, type Duration, Effect, type Layer, Redacted } from "effect"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { LossReason } from "../EventTracker.ts"
import { type Rule, rules } from "./optionRules.ts"
import { headerValue } from "./requestHeaders.ts"
import type { TrackerTransport } from "./Transport.ts"

/** Events lost for one reason since the last report. */
export interface TrackerLoss {
  readonly reason: LossReason
  readonly count: number
  /** Ids of at most the first 100 of them. */
  readonly eventIds: ReadonlyArray<string>
  /** What happened to the first of them, as text. */
  readonly detail: string
}

/** How often and after which pauses a batch is retried following a network error, 408, 429 or 5xx. */
export interface TrackerRetry {
  /**
   * Maximum number of attempts per batch, the first included: 1 … 1,000. Default 10, our choice: with the other
   * defaults the pauses add up to 46 s on average, longer than a server restart takes. No environment variable.
   */
  readonly attempts?: number | undefined
  /**
   * Upper bound of the first pause, a duration: 1 ms … 24 days, at most `max`; it doubles with every consecutive
   * failure. Default 250 ms, or `max` if that is shorter; our choice: a server restart is soon over. No environment
   * variable.
   */
  readonly base?: Duration.Input | undefined
  /**
   * Upper bound of every pause, a duration: 1 ms … 24 days. Default 30 s, our choice: how long a server that is back
   * may have to wait for its clients. No environment variable.
   */
  readonly max?: Duration.Input | undefined
  /**
   * `full` pauses for a random fraction of the upper bound, `none` for all of it. Default `full`, from AWS's
   * "Exponential Backoff And Jitter": it keeps many clients from coming back at once. No environment variable.
   */
  readonly jitter?: "full" | "none" | undefined
}

export interface HttpBatchTrackerConfig {
  /**
   * Where events are posted: an http or https URL including the path, without a password, such as
   * `http://127.0.0.1:8084/v1/events`. Required; there is no sensible default. Env: TRACKER_ENDPOINT.
   */
  readonly endpoint: string | URL
  /**
   * The deployment's environment, such as `production`, added to every event; not blank. Required; there is no sensible
   * default. Env: TRACKER_ENV.
   */
  readonly env: string
  /**
   * The emitting service, such as `billing`, added to every event; not blank. Required; there is no sensible default.
   * Env: TRACKER_SERVICE_KEY.
   */
  readonly serviceKey: string
  /**
   * Headers sent with every request: an object or a `Headers`. Names are HTTP header names, each given once regardless
   * of case; those that control how a request is transferred are set by the tracker and not allowed. Values are one
   * line of Latin-1; wrap secrets in `Redacted`. Default none, our choice: a server on your own machine requires no
   * key. Env: TRACKER_API_KEY, sent as `authorization: Bearer …`.
   */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | Headers | undefined
  /**
   * Maximum number of events per request: 1 … 10,000, which is the server's own limit. Default 100, our choice: small
   * enough for a batch to arrive quickly and to be split quickly; OpenTelemetry's OTEL_BSP_MAX_EXPORT_BATCH_SIZE is
   * 512. Env: TRACKER_BATCH_SIZE.
   */
  readonly batchSize?: number | undefined
  /**
   * Maximum size of a request body in bytes of UTF-8, before compression: 1 … 1,073,741,824; a single larger event is
   * sent alone. Default 1,048,576 (1 MiB), a fifth of the 5 MiB that the server accepts. Env: TRACKER_MAX_BATCH_BYTES.
   */
  readonly maxBatchBytes?: number | undefined
  /**
   * Longest time an event waits for its batch to fill, a duration: 0 … 24 days. Default 1 s, our choice: somebody is
   * watching the dashboard; OpenTelemetry's OTEL_BSP_SCHEDULE_DELAY is 5 s. Env: TRACKER_FLUSH_INTERVAL, such as `500
   * millis`.
   */
  readonly flushInterval?: Duration.Input | undefined
  /**
   * Maximum number of events held, waiting and in flight: 1 … 10,000,000. Default 10,000, our choice: bridges a
   * ten-second outage at 1,000 events per second; OpenTelemetry's OTEL_BSP_MAX_QUEUE_SIZE is 2,048. Env:
   * TRACKER_MAX_PENDING.
   */
  readonly maxPending?: number | undefined
  /**
   * Maximum bytes of encoded events held, waiting and in flight: 1 … 2^40. Default 16,777,216 (16 MiB), which holds
   * 10,000 events of 1.6 KiB; our choice: an eighth of the 128 MB that a Worker has. No environment variable.
   */
  readonly maxPendingBytes?: number | undefined
  /**
   * Which event is dropped when no more can be held: the incoming one (`dropNewest`) or the one that has waited longest
   * (`dropOldest`). Default `dropNewest`, as in OpenTelemetry's batch processor: what happened first explains the rest.
   * No environment variable.
   */
  readonly overflow?: "dropNewest" | "dropOldest" | undefined
  /**
   * Maximum number of concurrent requests: 1 … 64. Default 4, our choice: below the 6 connections that a browser opens
   * per host and a Worker in total. Env: TRACKER_CONCURRENCY.
   */
  readonly concurrency?: number | undefined
  /** How failed requests are retried; each field documents its default and source. No environment variable. */
  readonly retry?: TrackerRetry | undefined
  /**
   * Timeout of one request, response included, a duration: 1 ms … 24 days. Default 10 s, as OpenTelemetry's
   * OTEL_EXPORTER_OTLP_TIMEOUT. Env: TRACKER_REQUEST_TIMEOUT, such as `10 seconds`.
   */
  readonly requestTimeout?: Duration.Input | undefined
  /**
   * Longest time that `flush` and closing the scope wait for delivery, a duration: 0 … 24 days. Default 3 s, our
   * choice: leaves most of the 10 s that Docker allows before killing a container to others. Env:
   * TRACKER_SHUTDOWN_TIMEOUT, such as `3 seconds`.
   */
  readonly shutdownTimeout?: Duration.Input | undefined
  /**
   * How request bodies are compressed: `none` or `gzip`. Default `none`, as OpenTelemetry's
   * OTEL_EXPORTER_OTLP_COMPRESSION: compression costs the tracked program CPU time. Env: TRACKER_COMPRESSION.
   */
  readonly compression?: "none" | "gzip" | undefined
  /**
   * What sends requests: `node` (`node:http`), `fetch`, or your own layer. Default `node` on Node, where it was
   * measured to use less than half the CPU time of `fetch`; elsewhere `fetch`, which every other platform has. No
   * environment variable.
   */
  readonly transport?: "node" | "fetch" | Layer.Layer<TrackerTransport> | undefined
  /**
   * Rewrites an event before it is encoded, to remove secrets. If it throws, the event is lost as `unencodable`.
   * Default none, our choice: only you know what is secret. No environment variable.
   */
  readonly redact?: ((event: BaseTrackingEvent) => BaseTrackingEvent) | undefined
  /**
   * Whether to keep an event. Called for every event except those that end a job, an execution, a task or a plan. If it
   * throws, the event is kept. Default: keep all, our choice: nothing is lost unless you ask for it. No environment
   * variable.
   */
  readonly sample?: ((event: BaseTrackingEvent) => boolean) | undefined
  /**
   * Called soon after events are lost, never on the emitter's stack. Not called for events that `sample` left out.
   * Default: a logged warning, our choice: nothing is lost silently. No environment variable.
   */
  readonly onLoss?: ((loss: TrackerLoss) => void) | undefined
  /**
   * Called with each burst of events, with a promise that resolves once nothing is pending, so that a Worker is not
   * stopped early: `(p) => ctx.waitUntil(p)`. If requests share the tracker, it must use the current request's context,
   * as `waitUntil` of `cloudflare:workers` does. Default none, our choice: only Workers have it, and only within a
   * request. No environment variable.
   */
  readonly waitUntil?: ((promise: Promise<void>) => void) | undefined
}

/** Turns an invalid value into a `ConfigError` that names the variable, its value and what is allowed. */
const checked = <A>(rule: Rule<A>, name: string, value: unknown): Effect.Effect<A, Config.ConfigError> =>
  Effect.mapError(
    rule(name, value),
    ({ message }) => new Config.ConfigError(new ConfigProvider.SourceError({ message }))
  )

/** A required variable. */
const required = (name: string, rule: Rule<unknown>): Config.Config<string> =>
  Config.mapEffect(Config.String(name), (text) => Effect.as(checked(rule, name, text), text))

/** An optional variable; blank counts as unset. */
const optional = <A>(
  name: string,
  rule: Rule<A>,
  read: (text: string) => unknown = (text) => text
): Config.Config<A | undefined> =>
  Config.mapEffect(Config.withDefault(Config.String(name), ""), (given) => {
    const text = given.trim()
    return text === "" ? Effect.undefined : checked(rule, name, read(text))
  })

const digits = (text: string): unknown => /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text

const bearer: Rule<HttpBatchTrackerConfig["headers"]> = (name, key) =>
  Effect.map(headerValue(name, key), (secret) => ({ authorization: Redacted.make(`Bearer ${secret}`) }))

export const HttpBatchTrackerConfig: {
  /**
   * Reads the environment, or whatever `ConfigProvider` is in context. Unset or blank variables keep their defaults.
   * Fails with a `ConfigError` that names the variable, its value and what is allowed; the API key is never shown.
   */
  readonly fromEnv: Config.Config<HttpBatchTrackerConfig>
} = {
  fromEnv: Config.all({
    endpoint: required("TRACKER_ENDPOINT", rules.endpoint),
    env: required("TRACKER_ENV", rules.env),
    serviceKey: required("TRACKER_SERVICE_KEY", rules.serviceKey),
    headers: optional("TRACKER_API_KEY", bearer),
    batchSize: optional("TRACKER_BATCH_SIZE", rules.batchSize, digits),
    maxBatchBytes: optional("TRACKER_MAX_BATCH_BYTES", rules.maxBatchBytes, digits),
    flushInterval: optional("TRACKER_FLUSH_INTERVAL", rules.flushInterval),
    maxPending: optional("TRACKER_MAX_PENDING", rules.maxPending, digits),
    concurrency: optional("TRACKER_CONCURRENCY", rules.concurrency, digits),
    requestTimeout: optional("TRACKER_REQUEST_TIMEOUT", rules.requestTimeout),
    shutdownTimeout: optional("TRACKER_SHUTDOWN_TIMEOUT", rules.shutdownTimeout),
    compression: optional("TRACKER_COMPRESSION", rules.compression)
  })
}
