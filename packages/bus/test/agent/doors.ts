import { createInMemoryTracker, EventTracker, HttpBatchTrackerLayer, type Topic } from "@durable-effect/core"
import { startEndpoint } from "@durable-effect/test-support/endpoint"
import { Context, Effect, Layer, Struct } from "effect"
import { AgentReporter } from "../../src/agent/AgentReporter.ts"
import { decodeMessage } from "../../src/cloudevents/decode.ts"
import { EventBus } from "../../src/EventBus.ts"
import { buses } from "../buses.ts"

/** What came out of a door, as JSON says it, in the order of each topic. */
export class Arrived extends Context.Service<Arrived, {
  /** Waits for this many. */
  readonly take: (topic: Topic, count: number) => Effect.Effect<ReadonlyArray<unknown>>
}>()("test/Arrived") {}

const take = Effect.fnUntraced(function*(topic: Topic, count: number) {
  const { subscribe } = yield* EventBus
  const { take } = yield* subscribe(topic, "test")
  const values: Array<unknown> = []
  while (values.length < count) {
    for (const delivery of yield* take({ count: count - values.length, bytes: 1_000_000 })) {
      const decoded = decodeMessage(delivery)
      values.push(decoded._tag === "Value" ? decoded.value : decoded.detail)
      yield* delivery.acknowledge
    }
  }
  return values
}, Effect.scoped)

const throughBus = (bus: Layer.Layer<EventBus>, agent: string): Layer.Layer<AgentReporter | Arrived> =>
  Layer.merge(
    AgentReporter.layerBus(agent),
    Layer.effect(
      Arrived,
      Effect.map(Effect.context<EventBus>(), (context) => ({
        take: (topic: Topic, count: number) => Effect.provideContext(take(topic, count), context)
      }))
    )
  ).pipe(Layer.provide(bus))

const throughTracker = (agent: string): Layer.Layer<AgentReporter | Arrived> =>
  Layer.unwrap(
    Effect.map(createInMemoryTracker(), ({ handle, tracker }) =>
      Layer.merge(
        Layer.provide(AgentReporter.layer(agent), Layer.succeed(EventTracker, tracker)),
        Layer.succeed(Arrived, {
          take: (topic) =>
            Effect.map(
              handle.getEvents(),
              (events) => events.filter((event) => "topic" in event && event.topic === topic)
            )
        })
      ))
  )

/** To an endpoint that stores events as tracker-server does. */
const throughHttp = (agent: string): Layer.Layer<AgentReporter | Arrived> =>
  Layer.unwrap(
    Effect.map(startEndpoint(), ({ awaitStored, url }) => {
      const origin = { env: "test", serviceKey: "agents" }
      const tracker = HttpBatchTrackerLayer({ endpoint: url, ...origin, flushInterval: "10 millis" })
      const take = Effect.fnUntraced(function*(topic: Topic, count: number) {
        let stored = yield* awaitStored(count)
        const ofTopic = () => stored.filter((event) => event["topic"] === topic)
        while (ofTopic().length < count) stored = yield* awaitStored(stored.length + 1)
        return ofTopic().map((event) => Struct.omit(event, ["env", "serviceKey"]))
      })
      return Layer.merge(
        Layer.orDie(Layer.provide(AgentReporter.layer(agent), tracker)),
        Layer.succeed(Arrived, { take })
      )
    })
  )

/** Every door that reports can take. */
export const doors: ReadonlyArray<
  readonly [name: string, layer: (agent: string) => Layer.Layer<AgentReporter | Arrived>]
> = [
  ...buses.map(([name, bus]) => [`${name} bus`, (agent: string) => throughBus(bus, agent)] as const),
  ["in-memory tracker", throughTracker],
  ["tracker over HTTP", throughHttp]
]
