import { type Endpoint, startEndpoint } from "@durable-effect/test-support"
import { assert } from "@effect/vitest"
import { type Array as Arr, Deferred, Effect, Exit, Layer, Logger, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { HttpClientTransportLayer } from "../../src/http-batch/HttpClientTransport.ts"
import {
  createHttpBatchTracker,
  type EventTrackerService,
  type HttpBatchTrackerConfig,
  type JobEvent,
  type TrackerStats
} from "../../src/index.ts"

type Given = Partial<HttpBatchTrackerConfig>

/** Whatever sends the requests, every rule of delivery holds. */
export const transports = [
  { name: "node:http", transport: "node" },
  { name: "fetch", transport: "fetch" },
  { name: "HttpClient", transport: Layer.provide(HttpClientTransportLayer, FetchHttpClient.layer) }
] as const satisfies ReadonlyArray<{ readonly name: string; readonly transport: HttpBatchTrackerConfig["transport"] }>

/** A config for tests: it retries at once, and a busy machine may take its time. */
export const configFor = (endpoint: { readonly url: string }, given: Given = {}): HttpBatchTrackerConfig => ({
  endpoint: endpoint.url,
  env: "test",
  serviceKey: "core",
  retry: { base: 1, max: 2 },
  shutdownTimeout: "25 seconds",
  ...given
})

/** An endpoint, a tracker that delivers to it, and what the tracker logs; for the test's scope. */
export const openTracker = Effect.fnUntraced(function*(given: Given = {}) {
  const endpoint = yield* startEndpoint()
  const logged: Array<string> = []
  const warned = Deferred.makeUnsafe<void>()
  const logger = Logger.make(({ message }) => {
    logged.push(String(message))
    Deferred.doneUnsafe(warned, Exit.void)
  })
  const scope = yield* Scope.fork(yield* Scope.Scope)
  const tracker = yield* createHttpBatchTracker(configFor(endpoint, given)).pipe(
    Scope.provide(scope),
    Effect.provide(Logger.layer([logger]))
  )
  /** Resolves with the first line of the log. */
  const warning = Deferred.await(warned)
  return { endpoint, tracker, logged, warning, close: Scope.close(scope, Exit.void) }
})

export const emitAll = (tracker: EventTrackerService, events: ReadonlyArray<JobEvent>) =>
  Effect.forEach(events, tracker.emit, { discard: true })

/** Hands events over as an outbox does. */
export const deliver = (tracker: EventTrackerService, events: ReadonlyArray<JobEvent>) => {
  const [first, ...others] = events
  assert.isDefined(first)
  assert.isDefined(tracker.deliver)
  const batch: Arr.NonEmptyReadonlyArray<JobEvent> = [first, ...others]
  return tracker.deliver(batch)
}

export const deliverJson = (tracker: EventTrackerService, [first, ...others]: ReadonlyArray<string>) => {
  assert.isDefined(first)
  assert.isDefined(tracker.deliver?.json)
  return tracker.deliver.json([first, ...others])
}

export const idsOf = (events: ReadonlyArray<{ readonly eventId?: string }>) => events.map(({ eventId }) => eventId)

/** How many events each request held so far. */
export const sizesOf = (endpoint: Endpoint) =>
  Effect.map(endpoint.requests(), (requests) => requests.map(({ events }) => events.length))

/** Asserts that the endpoint has acknowledged these events, each once, and no others. */
export const assertStoredOnce = Effect.fnUntraced(function*(
  endpoint: Endpoint,
  events: ReadonlyArray<{ readonly eventId?: string }>
) {
  assert.sameMembers([...idsOf(yield* endpoint.stored())], [...idsOf(events)])
  assert.strictEqual((yield* endpoint.totals()).duplicates, 0)
})

export const lostOf = (stats: TrackerStats): number => Object.values(stats.lost).reduce((sum, count) => sum + count, 0)

/** Asserts that nothing is unaccounted for, and answers the stats. */
export const balanced = (tracker: EventTrackerService) =>
  Effect.map(tracker.stats(), (stats) => {
    assert.strictEqual(stats.emitted, stats.delivered + stats.pending + lostOf(stats))
    return stats
  })

/** Lets other fibers and the network go on until the tracker's books say so. */
export const until = (
  tracker: EventTrackerService,
  isSo: (stats: TrackerStats) => boolean
): Effect.Effect<TrackerStats> => Effect.repeat(Effect.andThen(Effect.yieldNow, tracker.stats()), { until: isSo })

/** Lets fibers go on until they wait for time or the network: no step of theirs takes more than a few turns. */
export const quiet = Effect.repeat(Effect.yieldNow, { times: 20 })

/** Lets the test's time pass slowly, so that the network keeps up, until this is done. */
export const passTime = <A>(done: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.raceFirst(done, Effect.forever(Effect.andThen(TestClock.adjust("1 millis"), quiet)))
