import { type NatsServer, natsServer, natsUrl } from "@durable-effect/test-support/nats"
import { assert, describe, it } from "@effect/vitest"
import { AckPolicy, jetstreamManager } from "@nats-io/jetstream"
import { connect, headers, type Msg, nanos } from "@nats-io/transport-node"
import { Context, Deferred, Effect, Fiber, Layer, Option, Redacted, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { type Delivery, EventBus } from "../../src/EventBus.ts"
import * as NatsEventBus from "../../src/nats/NatsEventBus.ts"
import { publishEvent } from "../../src/publishEvent.ts"

const event = (id: string) => ({ id, type: "task.progress", topic: "system-events", data: { id } })

const busAt = (url: string, prefix: string) =>
  Effect.map(
    Layer.build(NatsEventBus.layer({ url: Redacted.make(url), prefix })),
    (context) => Context.get(context, EventBus)
  )

const connectedTo = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(() => connect({ servers: url.replace("nats://", "") })),
    (connection) => Effect.promise(() => connection.close())
  )

const all = { count: 1_000, bytes: 10_000_000 }

const publishAll = (bus: EventBus["Service"], from: number, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, i) => String(from + i)),
    // The same id again, until it is kept: what a publisher does.
    (id) =>
      publishEvent(event(id)).pipe(Effect.provideService(EventBus, bus), Effect.retry(Schedule.spaced("20 millis"))),
    { concurrency: 50, discard: true }
  )

/** Acknowledges and names what comes, until so many ids were seen. */
const seeAll = (bus: EventBus["Service"], count: number) =>
  Effect.scoped(Effect.gen(function*() {
    const subscription = yield* bus.subscribe("system-events", "readers")
    const seen = new Set<string>()
    while (seen.size < count) {
      for (const { acknowledge, headers } of yield* subscription.take(all)) {
        seen.add(headers["Nats-Msg-Id"] ?? "")
        yield* acknowledge
      }
    }
    return seen.size
  }))

describe("EventBus over NATS", () => {
  it.live("puts events on subjects of JetStream, by streams and consumers that it makes", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const prefix = `test-${randomUUID()}`
      const bus = yield* busAt(url, prefix)
      const subscription = yield* bus.subscribe("system-events", "readers")
      const raw = yield* connectedTo(url)
      const heard = Deferred.makeUnsafe<Msg>()
      raw.subscribe(`${prefix}.events.*`, {
        callback: (_, message) => void Deferred.doneUnsafe(heard, Effect.succeed(message))
      })
      yield* Effect.promise(() => raw.flush())
      yield* publishEvent(event("e-1"), "binary").pipe(
        Effect.withSpan("work"),
        Effect.provideService(EventBus, bus)
      )
      const message = yield* Deferred.await(heard)
      assert.strictEqual(message.subject, `${prefix}.events.system-events`)
      assert.strictEqual(message.headers?.get("Nats-Msg-Id"), "e-1")
      assert.strictEqual(message.headers?.get("ce-type"), "task.progress")
      assert.match(message.headers?.get("traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      const [delivery] = yield* subscription.take(all)
      yield* delivery.acknowledge
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      const { config } = yield* Effect.promise(() =>
        manager.consumers.info(`${prefix}-events-system-events`, `${prefix}-readers-system-events`)
      )
      assert.deepInclude(config, {
        ack_policy: AckPolicy.Explicit,
        max_deliver: -1,
        filter_subject: `${prefix}.events.system-events`
      })
      yield* Effect.promise(() => manager.streams.delete(`${prefix}-events-system-events`))
    }))

  it.live("leaves streams and consumers alone that are there, and keeps what it holds beyond their time", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const prefix = `test-${randomUUID()}`
      const raw = yield* connectedTo(url)
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      const name = `own-${randomUUID()}`
      const stream = { name, subjects: [`${prefix}.events.system-events`], max_msgs: 77 }
      const ackWaitMs = 300
      const consumer = {
        durable_name: `${prefix}-readers-system-events`,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        max_ack_pending: 33
      }
      yield* Effect.promise(() => manager.streams.add(stream))
      yield* Effect.promise(() => manager.consumers.add(name, consumer))
      const bus = yield* busAt(url, prefix)
      const subscription = yield* bus.subscribe("system-events", "readers")
      yield* Effect.provideService(publishEvent(event("e-1")), EventBus, bus)
      const [delivery] = yield* subscription.take(all)
      const again = yield* Effect.timeoutOption(subscription.take(all), ackWaitMs * 4)
      assert.isTrue(Option.isNone(again))
      yield* delivery.acknowledge
      const kept = yield* Effect.promise(() => manager.streams.info(name))
      assert.strictEqual(kept.config.max_msgs, 77)
      const { config } = yield* Effect.promise(() => manager.consumers.info(name, consumer.durable_name))
      assert.deepInclude(config, { ack_wait: nanos(ackWaitMs), max_ack_pending: 33 })
      yield* Effect.promise(() => manager.streams.delete(name))
    }))

  it.live("uses a stream of all topics where there is one", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const prefix = `test-${randomUUID()}`
      const raw = yield* connectedTo(url)
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      const name = `own-${randomUUID()}`
      yield* Effect.promise(() => manager.streams.add({ name, subjects: [`${prefix}.events.*`] }))
      const bus = yield* busAt(url, prefix)
      const subscription = yield* bus.subscribe("system-events", "readers")
      yield* publishAll(bus, 1, 1)
      const [delivery] = yield* subscription.take(all)
      yield* delivery.acknowledge
      const { state } = yield* Effect.promise(() => manager.streams.info(name))
      assert.strictEqual(state.messages, 1)
      yield* Effect.promise(() => manager.streams.delete(name))
    }))

  it.live("delivers what has headers that cannot be read, with their bytes", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const prefix = `test-${randomUUID()}`
      const bus = yield* busAt(url, prefix)
      const subscription = yield* bus.subscribe("system-events", "readers")
      yield* Effect.provideService(publishEvent(event("e-1")), EventBus, bus)
      const [first] = yield* subscription.take(all)
      yield* first.acknowledge
      const raw = yield* connectedTo(url)
      const bytes = new Uint8Array(Buffer.from("NATS/1.0\r\nce-source: gr\u00fc\u00dfe\r\n\r\n", "latin1"))
      // No client writes such a block by itself.
      raw.publish(`${prefix}.events.system-events`, "{}", {
        headers: Object.assign(headers(), { encode: () => bytes })
      })
      const [delivery] = yield* subscription.take(all)
      assert.deepStrictEqual(delivery.headers, {})
      assert.match(delivery.damage?.detail ?? "", /UTF-8/)
      assert.deepStrictEqual(new Uint8Array(delivery.damage?.bytes ?? []), bytes)
      assert.strictEqual(delivery.bytes, bytes.length + 2)
      assert.strictEqual(new TextDecoder().decode(delivery.body), "{}")
      yield* delivery.reject
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      yield* Effect.promise(() => manager.streams.delete(`${prefix}-events-system-events`))
    }))

  const restarts: ReadonlyArray<readonly [string, (server: NatsServer) => Effect.Effect<void>]> = [
    ["is killed and started again", ({ end, start }) => Effect.andThen(end("SIGKILL"), start)],
    ["is stopped and started again", ({ end, start }) => Effect.andThen(end("SIGTERM"), start)]
  ]
  it.live.each(restarts)("loses nothing when the server %s", ([, restart]) =>
    Effect.gen(function*() {
      const server = yield* natsServer
      const bus = yield* busAt(server.url, "tracker")
      const reader = yield* Effect.forkChild(seeAll(bus, 400))
      yield* publishAll(bus, 0, 100)
      const publisher = yield* Effect.forkChild(publishAll(bus, 100, 300))
      yield* restart(server)
      yield* Fiber.join(publisher)
      assert.strictEqual(yield* Fiber.join(reader), 400)
    }))

  it.live("goes on after somebody deleted the stream", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const prefix = `test-${randomUUID()}`
      const raw = yield* connectedTo(url)
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      const bus = yield* busAt(url, prefix)
      const subscription = yield* bus.subscribe("system-events", "readers")
      // So much that it asks for no more until some of it is settled: the server has nobody to tell.
      const body = new Uint8Array(900_000)
      const held: Array<Delivery> = []
      for (let i = 0; i < 5; i++) yield* bus.publish("system-events", `large-${i}`, { headers: {}, body })
      while (held.length < 5) held.push(...(yield* subscription.take(all)))
      const consumer = Effect.promise(() =>
        manager.consumers.info(`${prefix}-events-system-events`, `${prefix}-readers-system-events`)
      )
      yield* Effect.repeat(consumer, { until: ({ num_waiting }) => num_waiting === 0 })
      yield* Effect.promise(() => manager.streams.delete(`${prefix}-events-system-events`))
      yield* Effect.forEach(held, ({ acknowledge }) => acknowledge)
      yield* publishAll(bus, 1, 1)
      const [delivery] = yield* subscription.take(all)
      assert.strictEqual(delivery.headers["Nats-Msg-Id"], "1")
      yield* delivery.acknowledge
      yield* Effect.promise(() => manager.streams.delete(`${prefix}-events-system-events`))
    }))

  it.live("lets go of a server that says nothing any more", () =>
    Effect.gen(function*() {
      const server = yield* natsServer
      yield* Effect.scoped(Effect.gen(function*() {
        const bus = yield* busAt(server.url, "tracker")
        const subscription = yield* bus.subscribe("system-events", "readers")
        yield* publishAll(bus, 0, 2)
        yield* subscription.take(all)
        yield* server.freeze
      }))
    }))

  it.live("is there before the server is", () =>
    Effect.gen(function*() {
      const server = yield* natsServer
      yield* server.end("SIGTERM")
      const bus = yield* busAt(server.url, "tracker")
      const subscription = yield* bus.subscribe("system-events", "readers")
      assert.isFalse(yield* bus.isConnected)
      assert.isNull((yield* subscription.status).lag)
      yield* server.start
      yield* publishAll(bus, 1, 1)
      const [delivery] = yield* subscription.take(all)
      yield* delivery.acknowledge
      assert.isTrue(yield* bus.isConnected)
    }))

  it.live("says of a message that the bus cannot keep that it is not published", () =>
    Effect.gen(function*() {
      const bus = yield* busAt(yield* natsUrl, `test-${randomUUID()}`)
      const body = new Uint8Array(70 * 1024 * 1024)
      const failure = yield* Effect.flip(bus.publish("system-events", "large", { headers: {}, body }))
      assert.deepInclude(failure, { _tag: "PublishFailed", topic: "system-events", id: "large", isRetryable: false })
    }))

  it.live("says the same of what somebody else's stream refuses for its size, and of headers that no stream takes", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const prefix = `test-${randomUUID()}`
      const raw = yield* connectedTo(url)
      yield* Effect.promise(async () => {
        const { streams } = await jetstreamManager(raw)
        await streams.add({ name: prefix, subjects: [`${prefix}.events.*`], max_msg_size: 1_000 })
      })
      const bus = yield* busAt(url, prefix)
      const large = yield* Effect.flip(bus.publish("a", "large", { headers: {}, body: new Uint8Array(2_000) }))
      assert.deepInclude(large, { topic: "a", id: "large", isRetryable: false })
      const own = yield* busAt(url, `test-${randomUUID()}`)
      const headed = yield* Effect.flip(
        own.publish("system-events", "headed", { headers: { "ce-id": "x".repeat(70_000) }, body: new Uint8Array() })
      )
      assert.deepInclude(headed, { id: "headed", isRetryable: false })
      yield* bus.publish("a", "small", { headers: {}, body: new Uint8Array(20) })
    }))
})
