import { Config, type Duration, type Layer, Option, Redacted } from "effect"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { LossReason } from "../EventTracker.ts"
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
  /** Most times that one batch is sent, the first included: 1 … 1,000. Default 10, which outlasts half a minute. */
  readonly attempts?: number | undefined
  /** Ceiling of the first pause; it doubles with every failure in a row. Default 250 ms. */
  readonly base?: Duration.Input | undefined
  /** Ceiling of every pause. Default 30 s. */
  readonly max?: Duration.Input | undefined
  /** `full` pauses a random part of the ceiling, so that many clients do not come back at once; `none` all of it. Default `full`. */
  readonly jitter?: "full" | "none" | undefined
}

export interface HttpBatchTrackerConfig {
  /** Where events are posted: an http or https URL, path included, such as `http://127.0.0.1:8084/v1/events`. Required. Env: TRACKER_ENDPOINT. */
  readonly endpoint: string | URL
  /** The deployment's environment, such as `production`, added to every event. Required. Env: TRACKER_ENV. */
  readonly env: string
  /** The emitting service, such as `billing`, added to every event. Required. Env: TRACKER_SERVICE_KEY. */
  readonly serviceKey: string
  /** Sent with every request; a secret is best `Redacted`. Default none. Env: TRACKER_API_KEY, as `authorization: Bearer …`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /** Most events in one request: 1 … 10,000, the server's own limit. Default 100. Env: TRACKER_BATCH_SIZE. */
  readonly batchSize?: number | undefined
  /** Most bytes of a request's body, UTF-8, before compression; a single larger event goes alone. Default 1 MiB, a fifth of the server's limit. Env: TRACKER_MAX_BATCH_BYTES. */
  readonly maxBatchBytes?: number | undefined
  /** Longest that an event waits for its batch to fill. Default 1 s. Env: TRACKER_FLUSH_INTERVAL, such as `500 millis`. */
  readonly flushInterval?: Duration.Input | undefined
  /** Most events held, waiting and in flight. Default 10,000. Env: TRACKER_MAX_PENDING. */
  readonly maxPending?: number | undefined
  /** Most bytes of encoded events held, waiting and in flight. Default 16 MiB, which 10,000 events of 1.6 KiB fill. */
  readonly maxPendingBytes?: number | undefined
  /** Which event is given up when no more can be held. Default `dropNewest`: what happened first explains the rest. */
  readonly overflow?: "dropNewest" | "dropOldest" | undefined
  /** Most requests under way at once: 1 … 64. Default 4. Env: TRACKER_CONCURRENCY. */
  readonly concurrency?: number | undefined
  /** What happens after a request that failed. */
  readonly retry?: TrackerRetry | undefined
  /** Longest that one request may take, its answer included. Default 10 s. Env: TRACKER_REQUEST_TIMEOUT, such as `10 seconds`. */
  readonly requestTimeout?: Duration.Input | undefined
  /** Longest that `flush` and the closing of the scope wait for delivery. Default 3 s. Env: TRACKER_SHUTDOWN_TIMEOUT, such as `3 seconds`. */
  readonly shutdownTimeout?: Duration.Input | undefined
  /** How bodies are packed. Default `none`. Env: TRACKER_COMPRESSION. */
  readonly compression?: "none" | "gzip" | undefined
  /** What sends requests. Default `node` (`node:http`) on Node, else `fetch`. */
  readonly transport?: "node" | "fetch" | Layer.Layer<TrackerTransport> | undefined
  /** Changes an event before it is encoded, to take secrets out. One that throws loses the event as `unencodable`. Default: none. */
  readonly redact?: ((event: BaseTrackingEvent) => BaseTrackingEvent) | undefined
  /** Whether to keep an event; asked for all but those that end a job, an execution, a task or a plan. One that throws keeps it. Default: all. */
  readonly sample?: ((event: BaseTrackingEvent) => boolean) | undefined
  /** Told of lost events soon after, never on the emitter's stack. Not of those that `sample` left out. Default: a warning in the log. */
  readonly onLoss?: ((loss: TrackerLoss) => void) | undefined
  /** Given a promise that resolves once nothing is pending, so that a Worker is not stopped before: `(p) => ctx.waitUntil(p)`. Default: none. */
  readonly waitUntil?: ((promise: Promise<void>) => void) | undefined
}

const bearer = (secret: Redacted.Redacted) => Redacted.make(`Bearer ${Redacted.value(secret)}`)

export const HttpBatchTrackerConfig: {
  /** Reads the environment, or whatever the `ConfigProvider` in context reads. What is not set keeps its default. */
  readonly fromEnv: Config.Config<HttpBatchTrackerConfig>
} = {
  fromEnv: Config.map(
    Config.all({
      endpoint: Config.NonEmptyString("TRACKER_ENDPOINT"),
      env: Config.NonEmptyString("TRACKER_ENV"),
      serviceKey: Config.NonEmptyString("TRACKER_SERVICE_KEY"),
      apiKey: Config.option(Config.Redacted("TRACKER_API_KEY")),
      batchSize: Config.option(Config.Int("TRACKER_BATCH_SIZE")),
      maxBatchBytes: Config.option(Config.Int("TRACKER_MAX_BATCH_BYTES")),
      flushInterval: Config.option(Config.Duration("TRACKER_FLUSH_INTERVAL")),
      maxPending: Config.option(Config.Int("TRACKER_MAX_PENDING")),
      concurrency: Config.option(Config.Int("TRACKER_CONCURRENCY")),
      requestTimeout: Config.option(Config.Duration("TRACKER_REQUEST_TIMEOUT")),
      shutdownTimeout: Config.option(Config.Duration("TRACKER_SHUTDOWN_TIMEOUT")),
      compression: Config.option(Config.Literals(["none", "gzip"], "TRACKER_COMPRESSION"))
    }),
    (read) => ({
      endpoint: read.endpoint,
      env: read.env,
      serviceKey: read.serviceKey,
      headers: Option.match(read.apiKey, {
        onNone: () => undefined,
        onSome: (key) => ({ authorization: bearer(key) })
      }),
      batchSize: Option.getOrUndefined(read.batchSize),
      maxBatchBytes: Option.getOrUndefined(read.maxBatchBytes),
      flushInterval: Option.getOrUndefined(read.flushInterval),
      maxPending: Option.getOrUndefined(read.maxPending),
      concurrency: Option.getOrUndefined(read.concurrency),
      requestTimeout: Option.getOrUndefined(read.requestTimeout),
      shutdownTimeout: Option.getOrUndefined(read.shutdownTimeout),
      compression: Option.getOrUndefined(read.compression)
    })
  )
}
