import { comeBack, problem, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { EventTrackerService, TrackerStats } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { emitAll, lostOf, openTracker, quiet, transports, until } from "./openTracker.ts"

const rejection = { code: "invalid_payload", detail: "", retryable: false }
const troubles = [
  status(503),
  { kind: "reset" },
  { kind: "breakBody" },
  { kind: "store", reject: [{ ...rejection, index: 0 }, { ...rejection, index: 1, retryable: true }] },
  comeBack(429, { seconds: 0 }),
  { kind: "trickleBody", everyMs: 1 },
  status(400),
  { kind: "delay", ms: 5, answer: status(500) },
  store,
  status(401),
  status(413)
] as const

const maxPending = 150

/** Looks at a tracker's books and keeps what is wrong with them, if anything. */
const makeAuditor = () => {
  const wrong: Array<TrackerStats> = []
  let newest: TrackerStats | undefined
  let looks = 0
  const look = (tracker: EventTrackerService | undefined) => {
    if (tracker === undefined) return
    const stats = Effect.runSync(tracker.stats())
    const isBalanced = stats.emitted === stats.delivered + stats.pending + lostOf(stats)
    const isBounded = stats.pending >= 0 && stats.pending <= maxPending
    const onlyGrows = newest === undefined ||
      (stats.emitted >= newest.emitted && stats.delivered >= newest.delivered && lostOf(stats) >= lostOf(newest))
    if (!isBalanced || !isBounded || !onlyGrows) wrong.push(stats)
    newest = stats
    looks += 1
  }
  return { look, wrong, looks: () => looks }
}

describe.each(transports)("the books of HttpBatch on $name", ({ transport }) => {
  it.live("balance at every moment of a troubled time, and in the end are what the endpoint's are", () =>
    Effect.gen(function*() {
      const audit = makeAuditor()
      let audited: EventTrackerService | undefined
      const { close, endpoint, tracker, warning } = yield* openTracker({
        transport,
        maxPending,
        batchSize: 20,
        concurrency: 3,
        flushInterval: 2,
        shutdownTimeout: "200 millis",
        retry: { attempts: 1000, base: 1, max: 2 },
        // Called in the middle of the tracker's own work.
        onLoss: () => audit.look(audited),
        redact: (event) => {
          audit.look(audited)
          return event
        },
        sample: (event) => {
          audit.look(audited)
          return !("sequence" in event && Number(event.sequence) % 100 === 99)
        }
      })
      audited = tracker
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sync(() => audit.look(tracker)), Effect.yieldNow)))

      const events = yield* jobEvents(1200)
      yield* endpoint.answerNext(...troubles, ...troubles)
      yield* endpoint.answer({
        poisoned: { ids: events.slice(500, 510).map(({ eventId }) => eventId), answer: problem(422) },
        maxBytes: 6000
      })
      for (let from = 0; from < 800; from += 50) {
        yield* emitAll(tracker, events.slice(from, from + 50))
        yield* quiet
      }
      yield* endpoint.refuse()
      yield* emitAll(tracker, events.slice(800, 1100))
      yield* warning
      yield* endpoint.accept()
      yield* until(tracker, ({ pending }) => pending === 0)
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      yield* emitAll(tracker, events.slice(1100))
      yield* close
      yield* emitAll(tracker, events.slice(0, 5))

      const stats = yield* tracker.stats()
      assert.deepStrictEqual(audit.wrong, [])
      assert.isAbove(audit.looks(), 1200)
      assert.strictEqual(stats.emitted, 1205)
      assert.strictEqual(stats.pending, 0)
      assert.strictEqual(stats.lost.shutdown, 99 + 5) // one of the last hundred was not wanted
      const { duplicates, stored } = yield* endpoint.totals()
      assert.deepStrictEqual({ duplicates, stored }, { duplicates: 0, stored: stats.delivered })
    }))
})
