import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider } from "effect"
// #region use
import {
  createTaskEvent,
  emitEvent,
  flushEvents,
  HttpBatchTrackerConfig,
  HttpBatchTrackerLayer
} from "@durable-effect/core"
import { Effect, Layer } from "effect"

const audit = Effect.gen(function*() {
  for (const progress of [0.25, 0.5, 0.75]) {
    yield* Effect.flatMap(
      createTaskEvent("task.progress", "auditor", { task_id: "audit-1", state: "running", progress }),
      emitEvent
    )
  }
  yield* flushEvents // optional: closing the layer delivers too
})

// TRACKER_ENDPOINT=http://127.0.0.1:8084/v1/events TRACKER_API_KEY=… TRACKER_ENV=production TRACKER_SERVICE_KEY=billing
const Tracker = Layer.unwrap(Effect.map(HttpBatchTrackerConfig.fromEnv, HttpBatchTrackerLayer))

const program = audit.pipe(Effect.provide(Tracker))
// #endregion

// #region test
import { createInMemoryTrackerLayer } from "@durable-effect/core"

const testOfAudit = Effect.gen(function*() {
  const { handle, layer } = yield* createInMemoryTrackerLayer()
  yield* audit.pipe(Effect.provide(layer))
  assert.isTrue(yield* handle.hasEvent("task.progress"))
  assert.lengthOf(yield* handle.getEventsByType("task.progress"), 3)
})
// #endregion

// #region httpClient
import { HttpClientTransportLayer } from "@durable-effect/core/HttpClientTransport"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"

const Client = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("x-region", "eu-1")))
)
const overClient = (endpoint: string) =>
  HttpBatchTrackerLayer({
    endpoint,
    env: "production",
    serviceKey: "billing",
    transport: HttpClientTransportLayer.pipe(Layer.provide(Client), Layer.provide(FetchHttpClient.layer))
  })
// #endregion

describe("the README's program", () => {
  it.live("delivers its events to the endpoint that the environment names", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const env = {
        TRACKER_ENDPOINT: endpoint.url,
        TRACKER_API_KEY: "key",
        TRACKER_ENV: "production",
        TRACKER_SERVICE_KEY: "billing"
      }
      yield* Effect.provide(program, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      assert.lengthOf(yield* endpoint.stored(), 3)
      assert.strictEqual((yield* endpoint.requests())[0]?.headers["authorization"], "Bearer key")
    }).pipe(Effect.scoped))

  it.live("sends through the middleware of an HttpClient", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* audit.pipe(Effect.provide(overClient(endpoint.url)))
      const [request] = yield* endpoint.requests()
      assert.strictEqual(request?.headers["x-region"], "eu-1")
      assert.lengthOf(yield* endpoint.stored(), 3)
    }).pipe(Effect.scoped))

  it.effect("is tested as the README says", () => testOfAudit)
})
