import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import {
  type BaseTrackingEvent,
  type EventTrackerService,
  type JobEvent,
  type TrackerLoss,
  type TrackerStats,
  TrackerTransport
} from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, deliver, idsOf, openTracker } from "./openTracker.ts"

const wordless: unknown = Object.create(null)
const throwWordless = () => {
  throw wordless
}

const emitAll = (tracker: EventTrackerService, events: ReadonlyArray<JobEvent>) =>
  Effect.forEach(events, tracker.emit, { discard: true })

/** What plain JavaScript may answer where TypeScript asks for an event. */
const answers: ReadonlyArray<readonly [string, (event: BaseTrackingEvent) => unknown]> = [
  ["nothing", () => undefined],
  ["a promise", (event) => Promise.resolve(event)],
  ["a list", (event) => [event]],
  ["a text", () => "event"],
  ["something wordless, thrown", throwWordless]
]

/** What plain JavaScript may give where TypeScript asks for an event. */
const given: ReadonlyArray<readonly [string, unknown]> = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 5],
  ["a text", "event"]
]
const anything = (value: unknown) => Object.getOwnPropertyDescriptor({ value }, "value")?.value
const untyped = (value: unknown): JobEvent => anything(value)

describe("HttpBatch and what is no event", () => {
  it.live.each(given)("loses %s alone", ([, value]) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ sample: () => true, onLoss: () => undefined })
      const [first, second] = yield* jobEvents(2)
      assert.isDefined(first)
      assert.isDefined(second)
      yield* tracker.emit(untyped(value))
      yield* tracker.emit(first)
      yield* tracker.flush()
      assert.deepStrictEqual(yield* deliver(tracker, [second, untyped(value)]), ["delivered", "rejected"])
      yield* assertStoredOnce(endpoint, [first, second])
      assert.deepInclude(yield* balanced(tracker), { delivered: 2, pending: 0, lost: { unencodable: 2 } })
    }))

  it.live("gives it up for a newer event, and when it closes", () =>
    Effect.gen(function*() {
      const { close, tracker } = yield* openTracker({
        overflow: "dropOldest",
        maxPending: 2,
        shutdownTimeout: 0,
        flushInterval: "1 hour",
        onLoss: () => undefined
      })
      const [sound] = yield* jobEvents(1)
      assert.isDefined(sound)
      // A burst, none of which is encoded yet when the last one comes.
      for (const event of [untyped(undefined), sound, untyped(undefined)]) Effect.runSync(tracker.emit(event))
      assert.deepInclude(yield* balanced(tracker), { pending: 2, lost: { overflow: 1 } })
      yield* close
      assert.deepInclude(yield* balanced(tracker), { emitted: 3, pending: 0 })
    }))
})

describe("HttpBatch and a transport that misbehaves", () => {
  it.live.each([[undefined], [null], [{}], [Object.create(null)]])(
    "goes by the status alone when it answers %j for a text",
    ([text]) =>
      Effect.gen(function*() {
        let requests = 0
        const transport = Layer.succeed(TrackerTransport, {
          send: (_request, onHead) =>
            Effect.sync(() => {
              onHead({ status: requests++ === 0 ? 503 : 200, retryAfter: undefined })
              return anything(text)
            })
        })
        const { logged, tracker } = yield* openTracker({ transport })
        for (const event of yield* jobEvents(2)) yield* tracker.emit(event)
        yield* tracker.flush()
        assert.deepInclude(yield* balanced(tracker), { delivered: 2, retries: 1, lost: {} })
        assert.include(logged[1], "of its answer the body could not be read")
      })
  )
})

describe("HttpBatch and functions that misbehave", () => {
  it.live.each(answers)("loses the event alone that `redact` makes of it %s", ([, answer]) =>
    Effect.gen(function*() {
      const [sound, poisoned] = yield* jobEvents(2)
      assert.isDefined(sound)
      assert.isDefined(poisoned)
      const options: object = {
        redact: (event: BaseTrackingEvent) =>
          "eventId" in event && event.eventId === poisoned.eventId ? answer(event) : event,
        onLoss: () => undefined
      }
      const { endpoint, tracker } = yield* openTracker(options)
      yield* tracker.emit(poisoned)
      yield* tracker.emit(sound)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, [sound])
      assert.deepInclude(yield* balanced(tracker), { delivered: 1, lost: { unencodable: 1 } })
    }))

  it.live("goes on after an event whose getter throws something without words", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ onLoss: () => undefined })
      const [poisoned, ...sound] = yield* jobEvents(3)
      assert.isDefined(poisoned)
      yield* tracker.emit(Object.defineProperty({ ...poisoned }, "input", { enumerable: true, get: throwWordless }))
      for (const event of sound) yield* tracker.emit(event)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, sound)
      assert.deepInclude(yield* balanced(tracker), { delivered: 2, lost: { unencodable: 1 } })
    }))

  const shapes: ReadonlyArray<readonly [string, (event: JobEvent) => JobEvent, TrackerStats["lost"]]> = [
    ["is a list", (event) => Object.assign([], event), {}],
    ["has nothing in it", () => untyped({}), { unencodable: 1 }],
    [
      "has an id that throws something without words",
      (event) => Object.defineProperty({ ...event, input: 1n }, "eventId", { enumerable: true, get: throwWordless }),
      { unencodable: 1 }
    ]
  ]
  it.live.each(shapes)("delivers the others of its batch when an event %s", ([, make, lost]) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ onLoss: () => undefined })
      const [first, odd, last] = yield* jobEvents(3)
      assert.isDefined(first)
      assert.isDefined(odd)
      assert.isDefined(last)
      for (const event of [first, make(odd), last]) yield* tracker.emit(event)
      yield* tracker.flush()
      assert.includeMembers([...idsOf(yield* endpoint.stored())], [...idsOf([first, last])])
      assert.deepInclude(yield* balanced(tracker), { pending: 0, lost })
      assert.lengthOf(yield* endpoint.requests(), 1)
    }))

  const noEvents: ReadonlyArray<unknown> = [undefined, null, "a text", 5, [1], {}]
  const ways = [{ way: "emit", send: emitAll }, { way: "deliver", send: deliver }]
  it.live.each(ways.flatMap(({ way, send }) => noEvents.map((answer) => ({ way, send, answer }))))(
    "loses alone an event given to $way whose toJSON answers $answer",
    ({ answer, send }) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ onLoss: () => undefined })
        const [first, odd, last] = yield* jobEvents(3)
        assert.isDefined(first)
        assert.isDefined(odd)
        assert.isDefined(last)
        yield* send(tracker, [first, Object.assign(odd, { toJSON: () => answer }), last])
        yield* tracker.flush()
        yield* assertStoredOnce(endpoint, [first, last])
        assert.deepInclude(yield* balanced(tracker), { pending: 0, delivered: 2, lost: { unencodable: 1 } })
        assert.lengthOf(yield* endpoint.requests(), 1)
      })
  )

  it.live("sends what toJSON makes of an event, with an origin that it cannot choose", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ env: "test", serviceKey: "core" })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const made = {
        ...event,
        hidden: true,
        env: "forged",
        serviceKey: "forged",
        toJSON: () => ({ ...event, env: "again" })
      }
      yield* tracker.emit({ ...event, ...untyped({ toJSON: () => made }) })
      yield* tracker.flush()
      const [sent] = yield* endpoint.stored()
      assert.deepInclude<object>(sent ?? {}, { eventId: event.eventId, hidden: true, env: "test", serviceKey: "core" })
    }))

  const listeners: ReadonlyArray<readonly [string, (loss: TrackerLoss) => unknown]> = [
    ["throws", throwWordless],
    ["answers a promise that is rejected", () => Promise.reject(new Error("listener broke"))]
  ]
  it.live.each(listeners)(
    "says so when `onLoss` %s, and tells it of the next loss",
    ([, listener]) =>
      Effect.gen(function*() {
        const told: Array<TrackerLoss> = []
        const { logged, tracker, warning } = yield* openTracker({
          onLoss: (loss) => {
            told.push(loss)
            return listener(loss)
          }
        })
        const [event] = yield* jobEvents(1)
        assert.isDefined(event)
        const unencodable = { ...event, input: 1n }
        yield* tracker.emit(unencodable)
        yield* tracker.flush()
        yield* warning
        yield* tracker.emit(unencodable)
        yield* tracker.flush()
        assert.lengthOf(told, 2)
        assert.include(logged[0], "onLoss threw")
      })
  )
})
