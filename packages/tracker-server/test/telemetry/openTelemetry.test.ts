import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, type Redacted } from "effect"
import { readServerConfig } from "../../src/config.ts"
import { serve } from "../../src/server.ts"
import { layer } from "../../src/telemetry/openTelemetry.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { keysOf } from "../http/server.ts"
import { startCollector } from "./Collector.ts"

/** A server's whole life under this environment, `use` in the middle of it. */
const life = <E, R>(
  databaseUrl: Redacted.Redacted,
  env: Readonly<Record<string, string>>,
  use: (url: string) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const config = yield* readServerConfig({ flags: { port: "0" }, env: {} }, false)
    yield* Effect.scoped(Effect.flatMap(serve(config, databaseUrl), use))
  }).pipe(Effect.provide(layer(env)), Effect.provideService(Metric.MetricRegistry, new Map()))

const sendOne = (databaseUrl: Redacted.Redacted) => (url: string) =>
  Effect.gen(function*() {
    const { secret } = yield* keysOf(databaseUrl)("acme-tenant", "ingest", "query")
    const { ask, send } = clientOf(url, secret)
    verdicts(yield* send(batch(planStarted("one"))))
    assert.strictEqual((yield* ask("/plans/p")).status, 200)
  })

describe("OpenTelemetry", () => {
  it.live("gets traces, metrics and logs of a server where it is told to, all of them by its end", () =>
    Effect.gen(function*() {
      const collector = yield* startCollector()
      const databaseUrl = yield* freshDatabase()
      yield* life(databaseUrl, {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_SERVICE_NAME: "tracker-of-test",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test"
      }, (url) => Effect.andThen(sendOne(databaseUrl)(url), Effect.logInfo("a line of the log")))
      const [traces, metrics, logs] = ["/v1/traces", "/v1/metrics", "/v1/logs"].map(collector.received)
      for (const signal of [traces, metrics, logs]) {
        assert.include(signal, "tracker-of-test")
        assert.include(signal, "deployment.environment")
        assert.notMatch(signal ?? "", /dek_/, "a key's secret")
      }
      assert.include(traces, "/v1/events")
      assert.include(metrics, "tracker_events_accepted_total")
      assert.include(metrics, "tracker_http_request_duration_seconds")
      assert.notInclude(metrics, "acme-tenant")
      assert.include(logs, "a line of the log")
    }))

  it.live("is sent nothing where none is named, and one signal alone where one alone is", () =>
    Effect.gen(function*() {
      const collector = yield* startCollector()
      const databaseUrl = yield* freshDatabase()
      yield* life(databaseUrl, { OTEL_SERVICE_NAME: "quiet", OTEL_EXPORTER_OTLP_ENDPOINT: "" }, sendOne(databaseUrl))
      assert.strictEqual(collector.received("/v1/traces"), "")
      yield* life(
        databaseUrl,
        { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/of/metrics` },
        sendOne(databaseUrl)
      )
      assert.strictEqual(collector.received("/v1/traces"), "")
      assert.notStrictEqual(collector.received("/of/metrics"), "")
    }))

  it.live("does no harm where it hangs or is not there", () =>
    Effect.gen(function*() {
      const hanging = yield* startCollector(() => {})
      const databaseUrl = yield* freshDatabase()
      // The second has nobody listening: its port was a collector's that has ended.
      const { url: gone } = yield* Effect.scoped(startCollector())
      for (const url of [hanging.url, gone]) {
        yield* life(databaseUrl, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: "10" }, (server) =>
          Effect.gen(function*() {
            yield* sendOne(databaseUrl)(server)
            if (url === hanging.url) {
              yield* hanging.until(() =>
                hanging.received("/v1/traces") !== ""
              )
            }
            yield* sendOne(databaseUrl)(server)
          }))
      }
    }))

  it.live("that cannot be read is told in a sentence", () =>
    Effect.gen(function*() {
      for (
        const [name, value] of [
          ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"],
          ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://collector"],
          ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"]
        ] as const
      ) {
        const error = yield* Effect.flip(Effect.provide(Effect.void, layer({ [name]: value })))
        assert.strictEqual(error._tag, "InvalidSetting")
        assert.include(error.message, `${name} takes`)
        assert.include(error.message, `"${value}"`)
      }
    }))
})
