import { assert, describe, it } from "@effect/vitest"
import { createJobRegistry, createJobsRuntime } from "../../src/index.ts"
// #region debounce
import { Debounce } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"

const webhookBatcher = Debounce.make({
  eventSchema: Schema.Struct({ path: Schema.String }),
  stateSchema: Schema.Array(Schema.String),
  flushAfter: "5 seconds", // after the first event; with mode: "trailing" after the last one
  maxEvents: 100,
  onEvent: ({ event, state }) => Effect.succeed([...(state ?? []), event.path]),
  execute: (ctx) =>
    Effect.gen(function*() {
      const paths = yield* ctx.state
      yield* Effect.log(`${ctx.eventCount} changes (${ctx.flushReason}): ${paths.join(", ")}`)
    })
})
// #endregion

describe("the README's debounce job", () => {
  it("collects what changes and flushes it once", async () => {
    const runtime = createJobsRuntime(createJobRegistry({ webhookBatcher }))
    // #region debounce-calls
    const webhooks = runtime.client.debounce("webhookBatcher")
    await webhooks.add({ id: "repo-1", event: { path: "a.ts" } })
    await webhooks.add({ id: "repo-1", event: { path: "b.ts" } }) // eventCount: 2, willFlushAt: in 5 s
    const { state } = await webhooks.getState({ id: "repo-1" }) // ["a.ts", "b.ts"]
    await webhooks.flush({ id: "repo-1" }) // for those who cannot wait
    // #endregion
    assert.deepStrictEqual(state, ["a.ts", "b.ts"])
    assert.deepInclude(await webhooks.status({ id: "repo-1" }), { status: "notFound" })
    await runtime.dispose()
  })
})
