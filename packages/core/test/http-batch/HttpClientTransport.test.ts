import { problem, status } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpClientTransportLayer } from "../../src/http-batch/HttpClientTransport.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, emitAll, openTracker } from "./openTracker.ts"

/** A transport over a client that is somebody's own. */
const over = (change: (client: HttpClient.HttpClient) => HttpClient.HttpClient) =>
  HttpClientTransportLayer.pipe(
    Layer.provide(Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, change))),
    Layer.provide(FetchHttpClient.layer)
  )

describe("HttpBatch on an HttpClient of one's own", () => {
  it.live("sends through its middleware", () =>
    Effect.gen(function*() {
      const transport = over(HttpClient.mapRequest(HttpClientRequest.setHeader("x-proxy", "eu-1")))
      const { endpoint, tracker } = yield* openTracker({ transport, headers: { "x-team": "billing" } })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      const [request] = yield* endpoint.requests()
      assert.deepInclude(request?.headers, { "x-proxy": "eu-1", "x-team": "billing" })
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("reads the answer of a client that takes a status for an error", () =>
    Effect.gen(function*() {
      const transport = over(HttpClient.filterStatusOk)
      const { endpoint, tracker } = yield* openTracker({ transport, concurrency: 1, onLoss: () => undefined })
      const events = yield* jobEvents(6)
      yield* endpoint.answerNext(status(503))
      yield* endpoint.answer({ poisoned: { ids: [events[2]?.eventId ?? ""], answer: problem(422) } })
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events.filter((_, index) => index !== 2))
      assert.deepInclude(yield* balanced(tracker), { delivered: 5, retries: 1, lost: { rejected: 1 } })
    }))
})
