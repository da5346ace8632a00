import { status, store } from "@durable-effect/test-support"
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
        status(429)
      )
      const events = yield* jobEvents(60)
      yield* emitAll(tracker, events.slice(0, 30))
      yield* endpoint.awaitStored(1)
      yield* emitAll(tracker, events.slice(30))
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf(events))
    }))
})
