import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createContext, runInContext } from "node:vm"
import { gzipSync } from "node:zlib"
import { bundle, webGlobals } from "./bundle.ts"

const everything = `export * from "@durable-effect/core"`

/** What an application needs that emits events of its own and delivers them. */
const tracking = `export {
  createHttpBatchTracker, createTaskEvent, emitEvent, EventTracker, flushEvents, getPendingEvents, HttpBatchTrackerConfig,
  HttpBatchTrackerLayer, NoopTrackerLayer
} from "@durable-effect/core"`

/** Emits, delivers and answers the stats, as a page would. */
const page = `
  import { createHttpBatchTracker, createTaskEvent } from "@durable-effect/core"
  import { Effect } from "effect"
  globalThis.report = (endpoint, transport) => Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const tracker = yield* createHttpBatchTracker({ endpoint, transport, env: "test", serviceKey: "page" })
    const event = yield* createTaskEvent("task.progress", "page", { task_id: "t-1", state: "running", progress: 0.5 })
    yield* tracker.emit(event)
    yield* tracker.flush()
    return yield* tracker.stats()
  })).pipe(Effect.catch((error) => Effect.succeed({ failed: error.message }))))
`

describe("core in a bundle for browsers", () => {
  const bounds = [
    { what: "tracking", entry: tracking, most: 16_100 },
    { what: "everything, with the schemas of all events,", entry: everything, most: 21_000 }
  ]
  it.live.each(bounds)(
    "$what adds at most $most bytes gzipped to effect, and nothing of Node",
    ({ entry, most }) =>
      Effect.gen(function*() {
        const { text } = yield* bundle(entry, { format: "esm", external: ["effect", "effect/*"] })
        assert.isAtMost(gzipSync(text).length, most)
        assert.notMatch(text, /node:/)
      })
  )

  it.live("delivers with fetch where there is no Node, and says so when told to use it", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const { text } = yield* bundle(page, { format: "iife" })
      const context = createContext(webGlobals())
      runInContext(text, context)
      const report = (transport: string) =>
        Effect.promise<unknown>(() =>
          runInContext(`report(${JSON.stringify(endpoint.url)}, ${transport}).then(JSON.stringify)`, context)
        )
      assert.include(yield* report("undefined"), `"delivered":1`)
      assert.include(yield* report(`"node"`), "`transport` is \\\"node\\\"; it has to be \\\"fetch\\\"")
    }).pipe(Effect.scoped))
})
