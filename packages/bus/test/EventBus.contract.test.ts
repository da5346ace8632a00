import { assert, describe, layer } from "@effect/vitest"
import { Effect, Option, Schedule, Stream } from "effect"
import { EventBus, type Message, type Subscription } from "../src/EventBus.ts"
import { buses } from "./buses.ts"

const message = (text: string, headers: Message["headers"] = {}): Message => ({
  headers,
  body: new TextEncoder().encode(text)
})

const textOf = ({ body }: Message) => new TextDecoder().decode(body)

const many = { count: 100, bytes: 1_000_000 }

/** Takes until there are so many. */
const takeTexts = Effect.fnUntraced(function*(subscription: Subscription, count: number) {
  const texts: Array<string> = []
  while (texts.length < count) {
    for (const delivery of yield* subscription.take(many)) {
      yield* delivery.acknowledge
      texts.push(textOf(delivery))
    }
  }
  return texts.sort()
})

/** A bus may take a moment until it has read what it was told. */
const untilLag = (subscription: Subscription, wanted: number) =>
  Effect.repeat(subscription.status, { until: ({ lag }) => lag === wanted, schedule: Schedule.spaced("5 millis") })

/** Each test has topics and ids of its own. */
let names = 0
const newTopic = () => `topic-${++names}`
const newId = () => `id-${++names}`

describe.each(buses)("EventBus over %s", (_name, bus) => {
  layer(bus, { excludeTestServices: true })((it) => {
    it.effect("delivers a message with its headers, once it is published", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        const subscription = yield* subscribe(topic, "readers")
        yield* publish(topic, newId(), message("{\"a\":1}", { "ce-type": "Gr%C3%BC%C3%9Fe", traceparent: "00-1-2-01" }))
        const [delivery] = yield* subscription.take(many)
        assert.strictEqual(textOf(delivery), "{\"a\":1}")
        assert.strictEqual(delivery.headers["ce-type"], "Gr%C3%BC%C3%9Fe")
        assert.strictEqual(delivery.headers["traceparent"], "00-1-2-01")
        assert.strictEqual(delivery.topic, topic)
        assert.strictEqual(delivery.attempt, 1)
        assert.isUndefined(delivery.damage)
        yield* delivery.acknowledge
      }))

    it.effect("keeps messages of one id once in their topic", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        const subscription = yield* subscribe(topic, "readers")
        const id = newId()
        yield* publish(topic, id, message("first"))
        yield* publish(topic, id, message("second"))
        yield* publish(topic, newId(), message("third"))
        const other = newTopic()
        yield* publish(other, id, message("elsewhere"))
        assert.deepStrictEqual(yield* takeTexts(subscription, 2), ["first", "third"])
        assert.deepStrictEqual(yield* takeTexts(yield* subscribe(other, "readers"), 1), ["elsewhere"])
        assert.strictEqual((yield* subscription.status).redeliveries, 0)
      }))

    it.effect("gives every group all messages of its topic, those from before it came too", () =>
      Effect.gen(function*() {
        const [topic, other] = [newTopic(), newTopic()]
        const { publish, subscribe } = yield* EventBus
        yield* publish(topic, newId(), message("early"))
        yield* publish(other, newId(), message("of another topic"))
        const one = yield* subscribe(topic, "one")
        yield* publish(topic, newId(), message("late"))
        assert.deepStrictEqual(yield* takeTexts(one, 2), ["early", "late"])
        assert.deepStrictEqual(yield* takeTexts(yield* subscribe(topic, "two"), 2), ["early", "late"])
      }))

    it.effect("gives each message to one of a group", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        const replicas = [yield* subscribe(topic, "readers"), yield* subscribe(topic, "readers")]
        const numbers = Array.from({ length: 40 }, (_, i) => String(100 + i))
        yield* Effect.forEach(numbers, (text) => publish(topic, newId(), message(text)), { concurrency: "unbounded" })
        const all = yield* Stream.mergeAll(
          replicas.map((one) => Stream.flattenIterable(Stream.fromEffectRepeat(one.take(many)))),
          { concurrency: 2 }
        ).pipe(
          Stream.take(numbers.length),
          Stream.tap(({ acknowledge }) => acknowledge),
          Stream.map(textOf),
          Stream.runCollect
        )
        assert.deepStrictEqual([...all].sort(), numbers)
      }))

    it.effect("delivers again what is to be tried later, and counts it", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        const subscription = yield* subscribe(topic, "readers")
        yield* publish(topic, newId(), message("hard"))
        const [first] = yield* subscription.take(many)
        yield* first.retryLater()
        const [second] = yield* subscription.take(many)
        yield* second.retryLater(20)
        const [third] = yield* subscription.take(many)
        assert.deepStrictEqual([first, second, third].map(({ attempt }) => attempt), [1, 2, 3])
        assert.strictEqual(textOf(third), "hard")
        yield* third.acknowledge
        yield* untilLag(subscription, 0)
        assert.strictEqual((yield* subscription.status).redeliveries, 2)
      }))

    it.effect("delivers neither what is acknowledged nor what is rejected again", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        yield* publish(topic, newId(), message("good"))
        yield* publish(topic, newId(), message("bad"))
        yield* Effect.scoped(Effect.gen(function*() {
          const subscription = yield* subscribe(topic, "readers")
          for (let settled = 0; settled < 2;) {
            for (const delivery of yield* subscription.take(many)) {
              yield* textOf(delivery) === "good" ? delivery.acknowledge : delivery.reject
              settled++
            }
          }
          yield* untilLag(subscription, 0)
        }))
        const subscription = yield* subscribe(topic, "readers")
        yield* publish(topic, newId(), message("new"))
        assert.deepStrictEqual(yield* takeTexts(subscription, 1), ["new"])
      }))

    it.effect("gives what a subscriber leaves behind to another one", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        yield* publish(topic, newId(), message("taken"))
        yield* publish(topic, newId(), message("waiting"))
        yield* Effect.scoped(Effect.gen(function*() {
          const subscription = yield* subscribe(topic, "readers")
          yield* subscription.take({ ...many, count: 1 })
        }))
        assert.deepStrictEqual(yield* takeTexts(yield* subscribe(topic, "readers"), 2), ["taken", "waiting"])
      }))

    it.effect("keeps to the limits of a take, and waits where there is nothing", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        const subscription = yield* subscribe(topic, "readers")
        const texts = ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd"]
        for (const text of texts) yield* publish(topic, newId(), message(text))
        const sizes: Array<number> = []
        for (let taken = 0; taken < texts.length;) {
          const batch = yield* subscription.take({ count: 3, bytes: 25 })
          yield* Effect.forEach(batch, ({ acknowledge }) => acknowledge)
          sizes.push(batch.length)
          taken += batch.length
        }
        assert.isAtMost(Math.max(...sizes), 2)
        assert.strictEqual(
          yield* subscription.take({ count: 1, bytes: 1 }).pipe(
            Effect.timeoutOption("50 millis"),
            Effect.map(Option.isNone)
          ),
          true
        )
      }))

    it.effect("counts headers as it counts bodies", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { publish, subscribe } = yield* EventBus
        for (let i = 0; i < 3; i++) yield* publish(topic, newId(), message("{}", { "ce-source": "x".repeat(1_000) }))
        const subscription = yield* subscribe(topic, "readers")
        for (let taken = 0; taken < 3; taken++) {
          const [delivery, ...others] = yield* subscription.take({ count: 3, bytes: 1_500 })
          assert.isAtLeast(delivery.bytes, 1_011)
          assert.deepStrictEqual(others, [])
          yield* delivery.acknowledge
        }
      }))

    it.effect("counts what a group is not done with", () =>
      Effect.gen(function*() {
        const topic = newTopic()
        const { isConnected, publish, subscribe } = yield* EventBus
        const subscription = yield* subscribe(topic, "readers")
        for (const text of ["1", "2", "3"]) yield* publish(topic, newId(), message(text))
        const [first] = yield* subscription.take({ count: 1, bytes: 1 })
        yield* untilLag(subscription, 3)
        yield* first.acknowledge
        yield* takeTexts(subscription, 2)
        yield* untilLag(subscription, 0)
        assert.isTrue(yield* isConnected)
      }))
  })
})
