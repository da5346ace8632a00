import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema, type Scope, Struct } from "effect"
import {
  createInMemoryTrackerLayer,
  emitEvent,
  EventTracker,
  flushEvents,
  getPendingEvents,
  HttpBatchTrackerLayer,
  NoopTrackerLayer,
  TrackingEvent
} from "../src/index.ts"
import { jobEvents } from "./fixtures.ts"
import { transports } from "./http-batch/openTracker.ts"

type Seen = Effect.Effect<ReadonlyArray<unknown>>

/** A tracker as a layer, and what has arrived where it delivers to. */
interface Subject {
  readonly name: string
  readonly keeps: boolean
  readonly open: Effect.Effect<
    { readonly layer: Layer.Layer<EventTracker, unknown>; readonly arrived: Seen },
    never,
    Scope.Scope
  >
}

const http = ({ name, transport }: (typeof transports)[number]): Subject => ({
  name: `HttpBatch on ${name}`,
  keeps: true,
  open: Effect.map(startEndpoint(), (endpoint) => ({
    layer: HttpBatchTrackerLayer({ endpoint: endpoint.url, env: "test", serviceKey: "core", transport }),
    arrived: Effect.map(endpoint.stored(), (events) => events.map(Struct.omit(["env", "serviceKey"])))
  }))
})

const subjects: ReadonlyArray<Subject> = [
  { name: "Noop", keeps: false, open: Effect.succeed({ layer: NoopTrackerLayer, arrived: Effect.succeed([]) }) },
  {
    name: "InMemory",
    keeps: true,
    open: Effect.map(createInMemoryTrackerLayer(), ({ handle, layer }) => ({ layer, arrived: handle.getEvents() }))
  },
  ...transports.map(http)
]

const decode = Schema.decodeUnknownEffect(Schema.Array(TrackingEvent))

describe.each(subjects)("EventTracker: $name", ({ keeps, open }) => {
  it.live("has delivered what was emitted once flush returns, in order and unchanged", () =>
    Effect.gen(function*() {
      const { arrived, layer } = yield* open
      const events = yield* jobEvents(250)
      yield* Effect.gen(function*() {
        yield* Effect.forEach(events, emitEvent, { discard: true })
        yield* flushEvents
        const seen = yield* decode(yield* arrived)
        assert.deepStrictEqual(
          seen.toSorted((a, b) => "sequence" in a && "sequence" in b ? a.sequence - b.sequence : 0),
          keeps ? events : []
        )
        assert.strictEqual(yield* getPendingEvents, 0)
      }).pipe(Effect.provide(layer))
    }))

  it.live("delivers what is pending when its scope closes", () =>
    Effect.gen(function*() {
      const { arrived, layer } = yield* open
      yield* Effect.flatMap(jobEvents(30), Effect.forEach(emitEvent)).pipe(Effect.provide(layer))
      assert.lengthOf(yield* arrived, keeps ? 30 : 0)
    }))

  it.live("keeps its books: emitted = delivered + pending + lost", () =>
    Effect.gen(function*() {
      const { layer } = yield* open
      const context = yield* Layer.build(layer)
      const tracker = Context.get(context, EventTracker)
      const check = Effect.map(tracker.stats(), (stats) => {
        const lost = Object.values(stats.lost).reduce((sum, count) => sum + count, 0)
        assert.strictEqual(stats.emitted, stats.delivered + stats.pending + lost)
        return stats
      })
      yield* Effect.flatMap(jobEvents(5), Effect.forEach(tracker.emit))
      yield* check
      yield* tracker.flush()
      const stats = yield* check
      assert.strictEqual(stats.delivered, keeps ? 5 : 0)
    }))

  it.live("answers the fate of each event given to deliver, where it can deliver", () =>
    Effect.gen(function*() {
      const { arrived, layer } = yield* open
      const tracker = Context.get(yield* Layer.build(layer), EventTracker)
      const [first, second] = yield* jobEvents(2)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.strictEqual(tracker.deliver !== undefined, keeps)
      if (tracker.deliver === undefined) return
      assert.deepStrictEqual(yield* tracker.deliver([first, second]), ["delivered", "delivered"])
      assert.deepStrictEqual(yield* decode(yield* arrived), [first, second])
    }))

  it.live("returns from flush at once when there is nothing to deliver", () =>
    Effect.gen(function*() {
      const { arrived, layer } = yield* open
      yield* flushEvents.pipe(Effect.provide(layer))
      assert.lengthOf(yield* arrived, 0)
    }))
})

describe("without a tracker", () => {
  it.effect("emitting, flushing and asking do nothing", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(jobEvents(1), Effect.forEach(emitEvent))
      yield* flushEvents
      assert.strictEqual(yield* getPendingEvents, 0)
    }))
})
