import { natsServer } from "@durable-effect/test-support/nats"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { AgentReporter } from "../../src/agent/AgentReporter.ts"
import { decodeMessage } from "../../src/cloudevents/decode.ts"
import { EventBus } from "../../src/EventBus.ts"
import * as MemoryEventBus from "../../src/memory/MemoryEventBus.ts"
import * as NatsEventBus from "../../src/nats/NatsEventBus.ts"
import { PublishFailed } from "../../src/PublishFailed.ts"

/** Nobody listens there. */
const awayBus = NatsEventBus.layer({ url: Redacted.make("nats://127.0.0.1:1") })

const typesOf = Effect.fnUntraced(function*(count: number) {
  const { subscribe } = yield* EventBus
  const { take } = yield* subscribe("action-requests", "test")
  const types: Array<unknown> = []
  while (types.length < count) {
    for (const delivery of yield* take({ count, bytes: 1_000_000 })) {
      const decoded = decodeMessage(delivery)
      types.push(decoded._tag === "Value" && Object(decoded.value).type)
      yield* delivery.acknowledge
    }
  }
  return types
}, Effect.scoped)

/** Refuses the first message, for now or for good. */
const refusingBus = (isRetryable: boolean) =>
  Layer.effect(
    EventBus,
    Effect.map(EventBus, (bus) => {
      let refusals = 1
      return {
        ...bus,
        publish: (topic, id, message) =>
          refusals-- > 0
            ? Effect.fail(new PublishFailed({ topic, id, detail: "it is full", isRetryable }))
            : bus.publish(topic, id, message)
      }
    })
  ).pipe(Layer.provide(MemoryEventBus.layer))

describe("reports over the bus", () => {
  it.live("wait while it is away, and are lost by name when too many do or the layer ends", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const layer = AgentReporter.layerBus("agent", { maxPending: 2, flushTimeout: "50 millis" })
      const context = yield* Layer.buildWithScope(Layer.provide(layer, awayBus), scope)
      const agent = Context.get(context, AgentReporter)
      yield* agent.requestAction("first")
      yield* agent.requestAction("second")
      yield* agent.requestAction("third")
      yield* agent.flush
      assert.deepInclude(yield* agent.stats, { emitted: 3, delivered: 0, pending: 2, lost: { overflow: 1 } })
      yield* Scope.close(scope, Exit.void)
      yield* agent.requestAction("fourth")
      assert.deepInclude(yield* agent.stats, {
        emitted: 4,
        delivered: 0,
        pending: 0,
        lost: { overflow: 1, shutdown: 3 }
      })
    }))

  it.live("arrive once it is back", () =>
    Effect.gen(function*() {
      const server = yield* natsServer
      const bus = NatsEventBus.layer({ url: Redacted.make(server.url) })
      const types = yield* Effect.gen(function*() {
        const agent = yield* AgentReporter
        yield* agent.requestAction("before")
        yield* agent.flush
        yield* server.end("SIGKILL")
        yield* agent.requestAction("meanwhile")
        yield* server.start
        return yield* typesOf(2)
      }).pipe(Effect.provide(Layer.provideMerge(AgentReporter.layerBus("agent"), bus)))
      assert.deepStrictEqual(types, ["before", "meanwhile"])
    }))

  it.live("are sent again when it does not keep them at first", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* agent.requestAction("stubborn")
      yield* agent.flush
      assert.deepInclude(yield* agent.stats, { emitted: 1, delivered: 1, pending: 0, lost: {}, retries: 1 })
      assert.deepStrictEqual(yield* typesOf(1), ["stubborn"])
    }).pipe(Effect.provide(Layer.provideMerge(AgentReporter.layerBus("agent"), refusingBus(true)))))

  it.live("that it will never keep are lost alone", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* agent.requestAction("too large")
      yield* agent.requestAction("fine")
      yield* agent.flush
      assert.deepInclude(yield* agent.stats, { emitted: 2, delivered: 1, pending: 0, lost: { rejected: 1 } })
    }).pipe(Effect.provide(Layer.provideMerge(AgentReporter.layerBus("agent"), refusingBus(false)))))

  it.live("that have no JSON form are lost alone", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* agent.requestAction("endless", { size: 1n })
      yield* agent.requestAction("fine")
      yield* agent.flush
      assert.deepInclude(yield* agent.stats, { emitted: 2, delivered: 1, lost: { unencodable: 1 } })
      assert.deepStrictEqual(yield* typesOf(1), ["fine"])
    }).pipe(Effect.provide(Layer.provideMerge(AgentReporter.layerBus("agent"), MemoryEventBus.layer))))

  it.live("carry the span that they are made in", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      const { trace_id } = yield* Effect.withSpan(agent.requestAction("traced"), "work")
      const { subscribe } = yield* EventBus
      const { take } = yield* subscribe("action-requests", "test")
      const [{ headers }] = yield* take({ count: 1, bytes: 1_000_000 })
      assert.match(headers["traceparent"] ?? "", new RegExp(`^00-${trace_id}-[0-9a-f]{16}-0[01]$`))
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(AgentReporter.layerBus("agent"), MemoryEventBus.layer))))
})
