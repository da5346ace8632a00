import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import * as catalogue from "../../src/metrics/catalogue.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { request, testServer } from "../http/server.ts"
import { openStream } from "../stream/StreamClient.ts"
import { readMetrics } from "./readMetrics.ts"

const metricsOf = (url: string) => Effect.map(request(`${url}/metrics`), ({ text }) => readMetrics(text))

/** Asks until it is so: what a request did is counted right after its answer has gone. */
const until = (url: string, name: string, value: number) =>
  Effect.repeat(metricsOf(url), { until: ({ samples }) => samples.get(name) === value })

const server = Effect.gen(function*() {
  const { databaseUrl, makeKey, url } = yield* testServer()
  const { secret } = yield* makeKey("acme-tenant", "ingest", "query")
  return { databaseUrl, url, secret, ...clientOf(url, secret) }
})

const bucket = (labels: string, le: string) => `tracker_http_request_duration_seconds_bucket{${labels},le="${le}"}`

const of = (status: number, route: string, method = "GET") => `method="${method}",route="${route}",status="${status}"`

describe("GET /metrics", () => {
  it.live("counts what came, and how long its requests took, and names neither tenants nor ids", () =>
    Effect.gen(function*() {
      const { ask, send, url } = yield* server
      const answer = yield* request(`${url}/metrics`)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
      const one = planStarted("one-event", { data: { plan_id: "one-plan" } })
      verdicts(yield* send(batch(one, planStarted("two-event"), { no: "event" }, 7)))
      verdicts(yield* send(batch(one, { ...one, data: { plan_id: "other" } })))
      yield* ask("/plans/one-plan")
      yield* ask("/plans/secret-plan?cursor=secret-cursor")
      yield* request(`${url}/secret-path`)
      yield* until(url, bucket(of(404, "unknown"), "+Inf"), 1)
      const { samples } = yield* metricsOf(url)
      assert.strictEqual(samples.get("tracker_events_accepted_total"), 2)
      assert.strictEqual(samples.get("tracker_events_duplicate_total"), 1)
      const rejected = (code: string) => samples.get(`tracker_events_rejected_total{code="${code}"}`)
      assert.deepStrictEqual(
        ["not_an_object", "missing_field", "id_conflict", "too_large"].map(rejected),
        [1, 1, 1, 0]
      )
      for (
        const [labels, count] of [
          [of(200, "/v1/events", "POST"), 2],
          [of(200, "/v1/tracker/plans/:plan_id"), 1],
          [of(404, "/v1/tracker/plans/:plan_id"), 1]
        ] as const
      ) {
        assert.strictEqual(samples.get(bucket(labels, "+Inf")), count, labels)
        assert.strictEqual(samples.get(`tracker_http_request_duration_seconds_count{${labels}}`), count, labels)
        const below = ["0.001", "0.01", "0.1", "1", "10"].map((le) => samples.get(bucket(labels, le)) ?? Number.NaN)
        assert.deepStrictEqual(below.toSorted((left, right) => left - right), below)
        assert.strictEqual(below.at(-1), count)
      }
      const { text } = yield* request(`${url}/metrics`)
      assert.notMatch(text, /acme|secret|one-|two-|key_/)
    }))

  it.live("shows every metric that there is, with a name and a unit as Prometheus has them", () =>
    Effect.gen(function*() {
      const { send, url } = yield* server
      verdicts(yield* send(batch(planStarted("one"))))
      yield* until(url, "tracker_database_up", 1)
      const { families } = yield* until(url, bucket(of(200, "/v1/events", "POST"), "+Inf"), 1)
      // Those of the bus are there where one is.
      const all = Object.values(catalogue).flatMap((metric) => Metric.isMetric(metric) ? [metric.id] : [])
        .filter((name) => !name.startsWith("tracker_bus_"))
      const labelled = [
        "tracker_build_info",
        "tracker_events_rejected_total",
        "tracker_http_request_duration_seconds"
      ]
      assert.sameMembers([...families.keys()], [...all, ...labelled])
      for (const [name, type] of families) {
        assert.match(name, type === "counter" ? /_total$/ : /^(?!.*_total$)/, name)
      }
    }))

  it.live("tells what is under way now", () =>
    Effect.gen(function*() {
      const { secret, send, url } = yield* server
      const before = (yield* until(url, "tracker_database_up", 1)).samples
      assert.strictEqual(before.get("tracker_stream_readers"), 0)
      assert.strictEqual(before.get("tracker_ingest_in_flight_bytes"), 0)
      assert.strictEqual(before.get("tracker_database_connections_limit"), 10)
      assert.strictEqual(before.get("tracker_timeline_partitions_ahead"), 4)
      assert.strictEqual(before.get("tracker_timeline_partitions"), 5)
      assert.strictEqual(before.get("tracker_timeline_default_partition_bytes"), 0)
      assert.isAbove(before.get("process_resident_memory_bytes") ?? 0, 10_000_000)
      assert.isAbove(before.get("tracker_database_size_bytes") ?? 0, 1_000_000)
      const reader = yield* openStream(url, secret)
      assert.strictEqual((yield* metricsOf(url)).samples.get("tracker_stream_readers"), 1)
      yield* reader.leave
      yield* until(url, "tracker_stream_readers", 0)
      verdicts(yield* send(batch(planStarted("one"))))
      const idle = yield* until(url, "tracker_database_connections_used", 0)
      assert.strictEqual(idle.samples.get("tracker_database_connections_waiting"), 0)
      assert.strictEqual(idle.samples.get("tracker_ingest_in_flight_bytes"), 0)
    }))
})
