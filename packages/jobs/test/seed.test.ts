import { createInMemoryTrackerLayer } from "@durable-effect/core"
import { Effect, Layer, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { Continuous, ContinuousHandler, createJobRegistry, JobsHost, JobsRuntime } from "../src/index.ts"

const tokenRefresher = Continuous.make({
  stateSchema: Schema.Struct({ refreshed: Schema.Int }),
  schedule: Continuous.every("30 minutes"),
  startImmediately: true,
  execute: (ctx) => ctx.updateState(({ refreshed }) => ({ refreshed: refreshed + 1 }))
})

const createTestLayer = () => {
  const registry = createJobRegistry({ tokenRefresher })
  return JobsRuntime.services(registry).pipe(Layer.provideMerge(JobsHost.memory))
}

describe("ContinuousHandler with tracking", () => {
  it("emits lifecycle events", async () => {
    const { layer: trackerLayer, handle } = await Effect.runPromise(
      createInMemoryTrackerLayer()
    )

    const testLayer = createTestLayer().pipe(
      Layer.provideMerge(trackerLayer)
    )

    await Effect.runPromise(
      Effect.gen(function*() {
        const handler = yield* ContinuousHandler
        yield* handler.handle({
          type: "continuous",
          action: "start",
          name: "tokenRefresher",
          id: "user-123",
          input: { refreshed: 0 }
        })
      }).pipe(Effect.provide(testLayer))
    )

    const events = await Effect.runPromise(handle.getEvents())
    expect(events).toContainEqual(expect.objectContaining({ type: "job.created" }))
    expect(events).toContainEqual(expect.objectContaining({ type: "execution.started" }))
    expect(events).toContainEqual(expect.objectContaining({ type: "execution.succeeded" }))
  })
})
