import { natsUrl } from "@durable-effect/test-support/nats"
import { assert, describe, it } from "@effect/vitest"
// #region use
import { decodeMessage, EventBus, publishEvent } from "@durable-effect/bus"
import { NatsEventBus } from "@durable-effect/bus/nats"
import { createTaskEvent } from "@durable-effect/core"
import { Effect, Redacted } from "effect"

const worker = Effect.flatMap(
  createTaskEvent("task.progress", "worker-1", { task_id: "task-1", state: "running", progress: 0.5 }),
  (event) => publishEvent(event)
)

const listener = Effect.gen(function*() {
  const { subscribe } = yield* EventBus
  const subscription = yield* subscribe("system-events", "my-service")
  const [delivery] = yield* subscription.take({ count: 1, bytes: 1_000_000 })
  const decoded = decodeMessage(delivery)
  yield* decoded._tag === "Value" ? delivery.acknowledge : delivery.reject
  return decoded
})

const bus = (url: string, prefix = "tracker") => NatsEventBus.layer({ url: Redacted.make(url), prefix })
// #endregion

describe("the README's example", () => {
  it.live("publishes and listens", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const decoded = yield* Effect.andThen(worker, Effect.scoped(listener)).pipe(
        Effect.provide(bus(url, `test-${crypto.randomUUID()}`))
      )
      assert.deepInclude(decoded._tag === "Value" ? decoded.value : {}, {
        type: "task.progress",
        data: { task_id: "task-1", state: "running", progress: 0.5 }
      })
    }))
})
