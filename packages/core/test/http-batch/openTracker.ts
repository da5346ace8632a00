import { startEndpoint } from "@durable-effect/test-support"
import { assert } from "@effect/vitest"
import { type Array as Arr, Effect, Logger } from "effect"
import {
  createHttpBatchTracker,
  type EventTrackerService,
  type HttpBatchTrackerConfig,
  type JobEvent
} from "../../src/index.ts"

type Given = Partial<HttpBatchTrackerConfig>

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
  const endpoint = yield* startEndpoint
  const logged: Array<string> = []
  const logger = Logger.make(({ message }) => void logged.push(String(message)))
  const tracker = yield* Effect.provide(createHttpBatchTracker(configFor(endpoint, given)), Logger.layer([logger]))
  return { endpoint, tracker, logged }
})

/** A tracker whose warnings nobody sees. */
export const createQuietly = (config: HttpBatchTrackerConfig) =>
  Effect.provide(createHttpBatchTracker(config), Logger.layer([]))

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

export const idsOf = (events: ReadonlyArray<{ readonly eventId?: string }>) => events.map(({ eventId }) => eventId)

/** Asserts that nothing is unaccounted for, and answers the stats. */
export const balanced = (tracker: EventTrackerService) =>
  Effect.map(tracker.stats(), (stats) => {
    const lost = Object.values(stats.lost).reduce((sum, count) => sum + count, 0)
    assert.strictEqual(stats.emitted, stats.delivered + stats.pending + lost)
    return stats
  })
