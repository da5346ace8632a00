import { type Answer, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Metric, Scope } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { jobEvents } from "../fixtures.ts"
import { deliver, emitAll, openTracker, until } from "./openTracker.ts"

const prefix = "durable_effect.tracker."

/** What the metrics say now: the values of each by what distinguishes them. */
const read = Effect.map(Effect.context(), (context) => {
  const values: Record<string, number> = {}
  for (const { attributes, id, state } of Metric.snapshotUnsafe(context)) {
    if (!id.startsWith(prefix)) continue
    const { "error.type": errorType, "http.response.status_code": code } = attributes ?? {}
    const name = [id.slice(prefix.length), code, errorType].filter((part) => part !== undefined).join(" ")
    if ("count" in state) values[name] = Number(state.count)
    else if ("value" in state) values[name] = Number(state.value)
  }
  return values
})

/** Metrics of this test alone. */
const apart = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provideContext(test, Context.make(Metric.MetricRegistry, new Map())))

describe("metrics of HttpBatch", () => {
  it.live("count what waits, what is under way and what became of every event", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        batchSize: 2,
        concurrency: 1,
        maxPending: 5,
        onLoss: () => undefined
      })
      const held: Answer = { kind: "hold", answer: store }
      yield* endpoint.answerNext(held)
      const events = yield* jobEvents(8)
      yield* emitAll(tracker, events.slice(0, 2))
      yield* endpoint.awaitRequests(1)
      yield* emitAll(tracker, events.slice(2))
      assert.deepInclude(yield* read, {
        "event.emitted": 8,
        "processor.event.queue.size": 3,
        "processor.event.queue.capacity": 5,
        "processor.event.processed": 2,
        "processor.event.processed queue_full": 3,
        "exporter.event.inflight": 2,
        "exporter.event.exported": 0
      })
      yield* endpoint.release()
      yield* tracker.flush()
      assert.deepInclude(yield* read, {
        "processor.event.queue.size": 0,
        "processor.event.processed": 5,
        "exporter.event.inflight": 0,
        "exporter.event.exported": 5,
        "exporter.operation.duration 200": 3
      })
    }).pipe(Effect.scoped, apart))

  it.live("name the causes of losses and of failed requests", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        concurrency: 1,
        requestTimeout: "1 second",
        onLoss: () => undefined
      })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      yield* endpoint.answerNext(
        status(503),
        { kind: "reset" },
        { kind: "reset" },
        { kind: "hang" },
        status(404),
        status(400)
      )
      yield* tracker.emit(event)
      yield* tracker.flush()
      yield* tracker.emit(event)
      const unencodable = { ...event, input: 1n }
      yield* tracker.emit(unencodable)
      yield* tracker.flush()
      assert.deepInclude(yield* read, {
        "event.emitted": 3,
        "processor.event.processed": 2,
        "processor.event.processed unencodable": 1,
        "exporter.event.exported refused": 1,
        "exporter.event.exported rejected": 1,
        "exporter.operation.duration 503 503": 1,
        "exporter.operation.duration network": 1,
        "exporter.operation.duration timeout": 1,
        "exporter.operation.duration 404 404": 1
      })
    }).pipe(Effect.scoped, apart))

  it.live("count an event that is handed back when it is kept at last", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker()
      yield* endpoint.answerNext({ kind: "hold", answer: status(503) })
      const events = yield* jobEvents(3)
      const delivering = yield* Effect.forkChild(deliver(tracker, events))
      yield* endpoint.awaitRequests(1)
      assert.deepInclude(yield* read, { "event.emitted": 0, "exporter.event.inflight": 3 })
      yield* endpoint.release()
      yield* Fiber.join(delivering)
      assert.deepInclude(yield* read, { "event.emitted": 0 })
      yield* deliver(tracker, events)
      assert.deepInclude(yield* read, { "event.emitted": 3, "exporter.event.exported": 3 })
    }).pipe(Effect.scoped, apart))

  it.live("count an event that is refused alone and put off as sent once", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ concurrency: 1 })
      yield* endpoint.answerNext(status(400), status(400))
      yield* Effect.flatMap(jobEvents(2), (events) => deliver(tracker, events))
      assert.lengthOf(yield* endpoint.requests(), 4)
      assert.deepInclude(yield* read, { "processor.event.processed": 2, "exporter.event.exported": 2 })
    }).pipe(Effect.scoped, apart))

  it.live("name what failed too often and what closing had no time for", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        concurrency: 1,
        batchSize: 1,
        retry: { attempts: 1 },
        shutdownTimeout: "30 millis",
        onLoss: () => undefined
      })
      yield* endpoint.answerNext(status(503))
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(2)
      yield* close
      assert.deepInclude(yield* read, {
        "exporter.event.exported retries_exhausted": 1,
        "exporter.event.exported shutdown": 1,
        "processor.event.processed shutdown": 1
      })
    }).pipe(Effect.scoped, apart))

  it.effect("measure requests in seconds", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ flushInterval: 0, requestTimeout: "1 minute" })
      yield* endpoint.answerNext({ kind: "hold", answer: store })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* TestClock.adjust("2 seconds")
      yield* endpoint.release()
      yield* until(tracker, ({ delivered }) => delivered === 1)
      const durations = Metric.snapshotUnsafe(yield* Effect.context()).find(({ id }) =>
        id === `${prefix}exporter.operation.duration`
      )
      assert.isDefined(durations)
      assert.deepInclude(durations.state, { sum: 2 })
      assert.deepInclude(durations.attributes, { unit: "s", "otel.component.type": "http_batch_tracker" })
    }).pipe(Effect.scoped, apart))

  it.live.each([["http", "80"], ["https", "443"]])(
    "name the port that is meant where none is given: %s",
    ([scheme, port]) =>
      Effect.gen(function*() {
        yield* openTracker({ endpoint: `${scheme}://127.0.0.1/v1/events` })
        const series = Metric.snapshotUnsafe(yield* Effect.context()).find(({ id }) => id === `${prefix}event.emitted`)
        assert.deepInclude(series?.attributes, { "server.address": "127.0.0.1", "server.port": port })
      }).pipe(Effect.scoped, apart)
  )

  it.live("leave their counts behind when the tracker closes, and give its name to the next", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { tracker } = yield* Scope.provide(openTracker(), scope)
      yield* Effect.flatMap(jobEvents(4), (events) => emitAll(tracker, events))
      yield* Scope.close(scope, Exit.void)
      const left = yield* read
      assert.deepInclude(left, { "event.emitted": 4, "exporter.event.exported": 4 })
      assert.notProperty(left, "processor.event.queue.size")
      const names = Effect.map(Effect.context(), (context) => {
        const series = Metric.snapshotUnsafe(context)
        return new Set(series.map(({ attributes }) => attributes?.["otel.component.name"]))
      })
      assert.deepStrictEqual([...(yield* names)], ["http_batch_tracker/0"])
      yield* openTracker()
      assert.deepStrictEqual([...(yield* names)], ["http_batch_tracker/0"])
      yield* openTracker()
      assert.sameMembers([...(yield* names)], ["http_batch_tracker/0", "http_batch_tracker/1"])
    }).pipe(Effect.scoped, apart))

  it.live("count an event that closing cut off where it was: before it was sent, or after", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        batchSize: 2,
        concurrency: 1,
        shutdownTimeout: 0,
        retry: { base: "1 hour", max: "1 hour", jitter: "none" },
        onLoss: () => undefined
      })
      yield* endpoint.answerNext({
        kind: "store",
        reject: [{ index: 0, code: "store_busy", detail: "", retryable: true }]
      })
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      yield* Effect.flatMap(jobEvents(7), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(2)
      yield* close
      assert.deepInclude(yield* read, {
        "event.emitted": 7,
        "processor.event.processed": 4,
        "processor.event.processed shutdown": 3,
        "exporter.event.exported": 1,
        "exporter.event.exported shutdown": 3
      })
    }).pipe(Effect.scoped, apart))

  it.live("are there for Prometheus", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker()
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      const text = yield* PrometheusMetrics.format()
      assert.match(
        text,
        /durable_effect_tracker_exporter_event_exported\{[^}]*otel_component_type="http_batch_tracker"[^}]*\} 2/
      )
      assert.include(text, `server_port="${new URL(endpoint.url).port}"`)
    }).pipe(Effect.scoped, apart))
})
