import { Config, ConfigProvider, type Duration, Effect, type Layer, Redacted } from "effect"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { LossReason } from "../EventTracker.ts"
import { type Rule, rules } from "./optionRules.ts"
import { headerValue } from "./requestHeaders.ts"
import type { TrackerTransport } from "./Transport.ts"

/** Events that were given up for one reason, gathered since the last report. */
export interface TrackerLoss {
  readonly reason: LossReason
  readonly count: number
  /** Ids of the first 100 of them. */
  readonly eventIds: ReadonlyArray<string>
  /** What happened to the first of them, in words. */
  readonly detail: string
}

/** How often and how patiently a batch is sent again after a network error, 408, 429 or 5xx. */
export interface TrackerRetry {
  /**
   * Most times that one batch is sent, the first included: 1 … 1,000. Default 10; ours: at the other defaults the pauses
   * add up to 46 s on average, which a restart of the server does not take. No environment name.
   */
  readonly attempts?: number | undefined
  /**
   * Ceiling of the first pause, a duration: 1 ms … 24 days, at most `max`; it doubles with every failure in a row. Default
   * 250 ms, or `max` where that is shorter; ours: a restart of the server is over soon. No environment name.
   */
  readonly base?: Duration.Input | undefined
  /**
   * Ceiling of every pause, a duration: 1 ms … 24 days. Default 30 s; ours: how long a server that is back may have to
   * wait for its clients. No environment name.
   */
  readonly max?: Duration.Input | undefined
  /**
   * `full` pauses a random part of the ceiling, `none` all of it. Default `full`; from AWS's "Exponential Backoff And
   * Jitter": many clients then do not come back at once. No environment name.
   */
  readonly jitter?: "full" | "none" | undefined
}

export interface HttpBatchTrackerConfig {
  /**
   * Where events are posted: an http or https URL, path included, without a password, such as
   * `http://127.0.0.1:8084/v1/events`. Required: nobody but you knows. Env: TRACKER_ENDPOINT.
   */
  readonly endpoint: string | URL
  /** The deployment's environment, such as `production`, added to every event; not blank. Required: nobody but you knows. Env: TRACKER_ENV. */
  readonly env: string
  /** The emitting service, such as `billing`, added to every event; not blank. Required: nobody but you knows. Env: TRACKER_SERVICE_KEY. */
  readonly serviceKey: string
  /**
   * Sent with every request: an object or a `Headers`. Names are HTTP's, each once whatever its case, but for those that
   * say how a request travels, which the tracker sets itself; values are one line of Latin-1, a secret is best `Redacted`. Default none; ours: a server on
   * one's own machine asks for no key. Env: TRACKER_API_KEY, as `authorization: Bearer …`.
   */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | Headers | undefined
  /**
   * Most events in one request: 1 … 10,000, which is the server's own limit. Default 100; ours: small enough that one
   * batch is soon there and soon split, where OpenTelemetry's OTEL_BSP_MAX_EXPORT_BATCH_SIZE is 512. Env: TRACKER_BATCH_SIZE.
   */
  readonly batchSize?: number | undefined
  /**
   * Most bytes of a request's body, UTF-8, before compression: 1 … 1,073,741,824; a single larger event goes alone.
   * Default 1,048,576 (1 MiB), a fifth of the 5 MiB that the server takes. Env: TRACKER_MAX_BATCH_BYTES.
   */
  readonly maxBatchBytes?: number | undefined
  /**
   * Longest that an event waits for its batch to fill, a duration: 0 … 24 days. Default 1 s; ours: somebody watches the
   * dashboard, where OpenTelemetry's OTEL_BSP_SCHEDULE_DELAY is 5 s. Env: TRACKER_FLUSH_INTERVAL, such as `500 millis`.
   */
  readonly flushInterval?: Duration.Input | undefined
  /**
   * Most events held, waiting and in flight: 1 … 10,000,000. Default 10,000; ours: ten seconds of an outage at 1,000 a
   * second, where OpenTelemetry's OTEL_BSP_MAX_QUEUE_SIZE is 2,048. Env: TRACKER_MAX_PENDING.
   */
  readonly maxPending?: number | undefined
  /**
   * Most bytes of encoded events held, waiting and in flight: 1 … 2^40. Default 16,777,216 (16 MiB), which 10,000 events
   * of 1.6 KiB fill; ours: an eighth of the 128 MB that a Worker has. No environment name.
   */
  readonly maxPendingBytes?: number | undefined
  /**
   * Which event is given up when no more can be held: the one that comes (`dropNewest`) or the one that has waited longest
   * (`dropOldest`). Default `dropNewest`, as OpenTelemetry's batch processor does: what happened first explains the rest.
   * No environment name.
   */
  readonly overflow?: "dropNewest" | "dropOldest" | undefined
  /**
   * Most requests under way at once: 1 … 64. Default 4; ours: below the 6 connections that a browser opens to one host and
   * a Worker to all. Env: TRACKER_CONCURRENCY.
   */
  readonly concurrency?: number | undefined
  /** What happens after a request that failed; its parts say their defaults and sources. No environment name. */
  readonly retry?: TrackerRetry | undefined
  /**
   * Longest that one request may take, its answer included, a duration: 1 ms … 24 days. Default 10 s, OpenTelemetry's
   * OTEL_EXPORTER_OTLP_TIMEOUT. Env: TRACKER_REQUEST_TIMEOUT, such as `10 seconds`.
   */
  readonly requestTimeout?: Duration.Input | undefined
  /**
   * Longest that `flush` and the closing of the scope wait for delivery, a duration: 0 … 24 days. Default 3 s; ours: leaves
   * others most of the 10 s after which Docker kills what it stops. Env: TRACKER_SHUTDOWN_TIMEOUT, such as `3 seconds`.
   */
  readonly shutdownTimeout?: Duration.Input | undefined
  /**
   * How bodies are packed: `none` or `gzip`. Default `none`, as OpenTelemetry's OTEL_EXPORTER_OTLP_COMPRESSION: packing
   * costs CPU time of the program that is tracked. Env: TRACKER_COMPRESSION.
   */
  readonly compression?: "none" | "gzip" | undefined
  /**
   * What sends requests: `node` (`node:http`), `fetch`, or a layer of one's own. Default `node` on Node, measured to take
   * less than half of the CPU time of `fetch` there; else `fetch`, which every other platform has. No environment name.
   */
  readonly transport?: "node" | "fetch" | Layer.Layer<TrackerTransport> | undefined
  /**
   * Changes an event before it is encoded, to take secrets out. One that throws loses the event as `unencodable`. Default
   * none; ours: only you know what is secret. No environment name.
   */
  readonly redact?: ((event: BaseTrackingEvent) => BaseTrackingEvent) | undefined
  /**
   * Whether to keep an event; asked for all but those that end a job, an execution, a task or a plan. One that throws keeps
   * it. Default: all; ours: nothing is lost unless somebody wants it. No environment name.
   */
  readonly sample?: ((event: BaseTrackingEvent) => boolean) | undefined
  /**
   * Told of lost events soon after, never on the emitter's stack. Not of those that `sample` left out. Default: a warning
   * in the log; ours: nothing is lost in silence. No environment name.
   */
  readonly onLoss?: ((loss: TrackerLoss) => void) | undefined
  /**
   * Given a promise that resolves once nothing is pending, with each burst, so that a Worker is not stopped before:
   * `(p) => ctx.waitUntil(p)`. Where requests share the tracker it has to be of the request at hand, as `waitUntil` of
   * `cloudflare:workers` is. Default none; ours: only Workers have it, and only in a request. No environment name.
   */
  readonly waitUntil?: ((promise: Promise<void>) => void) | undefined
}

/** A wrong value as what `Config` fails with; the message names the variable, its value and what is allowed. */
const checked = <A>(rule: Rule<A>, name: string, value: unknown): Effect.Effect<A, Config.ConfigError> =>
  Effect.mapError(
    rule(name, value),
    ({ message }) => new Config.ConfigError(new ConfigProvider.SourceError({ message }))
  )

/** A variable that has to be set. */
const required = (name: string, rule: Rule<unknown>): Config.Config<string> =>
  Config.mapEffect(Config.String(name), (text) => Effect.as(checked(rule, name, text), text))

/** A variable that is as good as not set when it is blank. */
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
   * Reads the environment, or whatever the `ConfigProvider` in context reads. What is not set or blank keeps its default.
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
