import { hold, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { emitAll, idsOf, openTracker, transports } from "./openTracker.ts"

describe.each(transports)("the order of HttpBatch on $name", ({ transport }) => {
  it.live("is that of emission, through failures and cut batches, with a concurrency of 1", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 8,
        concurrency: 1,
        onLoss: () => undefined
      })
      yield* endpoint.answerNext(
        status(503),
        store,
        { kind: "reset" },
        status(400),
        store,
        status(429),
        store,
        status(413),
        status(429),
        store,
        store,
        status(422),
        status(422)
      )
      const events = yield* jobEvents(60)
      yield* emitAll(tracker, events.slice(0, 30))
      yield* endpoint.awaitStored(1)
      yield* emitAll(tracker, events.slice(30))
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf(events))
    }))

  it.live("begins with the oldest again when several requests at once have failed", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 4 })
      const down = hold(status(503))
      yield* endpoint.answerNext(down, down, down, down)
      const events = yield* jobEvents(4)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(4)
      yield* endpoint.release()
      yield* tracker.flush()
      const probe = (yield* endpoint.requests())[4]
      assert.deepStrictEqual(idsOf(probe?.events ?? []), idsOf(events.slice(0, 1)))
    }))
})
