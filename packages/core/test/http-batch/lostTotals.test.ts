import { status } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { JobEvent } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, openTracker, transports } from "./openTracker.ts"

const lostIn = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "lost" in body ? body.lost : undefined

const trackerIn = (lost: unknown): unknown =>
  typeof lost === "object" && lost !== null && "tracker" in lost ? lost.tracker : undefined

const unencodable = (event: JobEvent) => ({ ...event, input: 1n })

describe.each(transports)("what HttpBatch on $name tells the server of its losses", ({ transport }) => {
  it.live("is in every later batch, as totals under one tracker id", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 1 })
      const events = yield* jobEvents(5)
      for (const [index, event] of events.entries()) {
        yield* tracker.emit(index % 2 === 0 ? event : unencodable(event))
        yield* tracker.flush()
      }
      const [before, first, second] = (yield* endpoint.requests()).map(({ body }) => lostIn(body))
      assert.isUndefined(before)
      assert.deepInclude<unknown>(first, { serviceKey: "core", counts: { unencodable: 1 } })
      assert.deepInclude<unknown>(second, { serviceKey: "core", counts: { unencodable: 2 } })
      assert.match(String(trackerIn(first)), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
      assert.strictEqual(trackerIn(second), trackerIn(first))
    }))

  it.live("counts nothing twice when a batch is sent again", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      const events = yield* jobEvents(4)
      yield* endpoint.answerNext(status(503), { kind: "reset" })
      yield* Effect.forEach(events, (event, index) => tracker.emit(index < 2 ? unencodable(event) : event))
      yield* tracker.flush()
      const lost = (yield* endpoint.requests()).map(({ body }) => lostIn(body))
      assert.lengthOf(lost, 3)
      assert.deepInclude<unknown>(lost[0], { counts: { unencodable: 2 } })
      assert.deepStrictEqual(lost, [lost[0], lost[0], lost[0]])
      yield* assertStoredOnce(endpoint, events.slice(2))
    }))
})
