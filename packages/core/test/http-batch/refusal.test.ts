import { status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, deliver, idsOf, openTracker } from "./openTracker.ts"

const byProxy = status(400, { "content-type": "text/plain" }, "plain HTTP sent to an HTTPS port")
const byServer = (code: number) =>
  status(code, { "content-type": "application/problem+json; charset=utf-8" }, `{"title":"invalid event"}`)

describe("HttpBatch.deliver to an endpoint that does not take an event", () => {
  it.live("gives all back while everything is refused, and says so once", () =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker } = yield* openTracker({ batchSize: 3 })
      endpoint.answer(() => byProxy)
      const events = yield* jobEvents(7)
      assert.deepStrictEqual(yield* deliver(tracker, events), events.map(() => "retryLater"))
      const { emitted, lost } = yield* balanced(tracker)
      assert.deepStrictEqual({ emitted, lost }, { emitted: 0, lost: {} })
      assert.lengthOf(logged, 1)
      assert.match(logged[0] ?? "", /status 400 \(plain HTTP sent to an HTTPS port\).* kept .*TRACKER_ENDPOINT/)

      endpoint.answer(() => store)
      assert.deepStrictEqual(yield* deliver(tracker, events), events.map(() => "delivered"))
    }).pipe(Effect.scoped))

  it.live("gives back what is refused once something before the endpoint refuses everything", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 2, concurrency: 1 })
      endpoint.answerNext(store)
      endpoint.answer(() => byProxy)
      const verdicts = yield* deliver(tracker, yield* jobEvents(4))
      assert.deepStrictEqual(verdicts, ["delivered", "delivered", "retryLater", "retryLater"])
    }).pipe(Effect.scoped))

  it.live("delivers what was refused when the endpoint comes back meanwhile", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ concurrency: 1 })
      endpoint.answerNext(byProxy, byProxy)
      const events = yield* jobEvents(2)
      assert.deepStrictEqual(yield* deliver(tracker, events), ["delivered", "delivered"])
      assert.deepStrictEqual(endpoint.requests().map((request) => idsOf(request.events)), [
        idsOf(events),
        idsOf(events.slice(0, 1)),
        idsOf(events.slice(1)),
        idsOf(events.slice(0, 1))
      ])
    }).pipe(Effect.scoped))

  it.live.each([0, 3])(
    "rejects the event at fault, number %d, once the others are taken",
    (index) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ concurrency: 1, onLoss: () => undefined })
        const events = yield* jobEvents(4)
        const poisoned = events[index]?.eventId
        endpoint.answer((request) => idsOf(request.events).includes(poisoned) ? byProxy : store)
        const verdicts = yield* deliver(tracker, events)
        assert.deepStrictEqual(verdicts, events.map((_, other) => other === index ? "rejected" : "delivered"))
        assert.deepStrictEqual((yield* balanced(tracker)).lost, { rejected: 1 })
      }).pipe(Effect.scoped)
  )

  const answers = [400, 422].flatMap((code) =>
    (["node", "fetch"] as const).map((transport) => [code, transport] as const)
  )
  it.live.each(answers)(
    "rejects a lone event after status %d as a problem, by %s",
    ([code, transport]) =>
      Effect.gen(function*() {
        const { endpoint, logged, tracker } = yield* openTracker({ transport, onLoss: () => undefined })
        endpoint.answer(() => byServer(code))
        assert.deepStrictEqual(yield* deliver(tracker, yield* jobEvents(1)), ["rejected"])
        assert.lengthOf(endpoint.requests(), 1)
        assert.deepStrictEqual(logged, [])
      }).pipe(Effect.scoped)
  )
})
