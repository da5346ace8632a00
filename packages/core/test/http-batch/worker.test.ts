import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createContext, runInContext } from "node:vm"
import { bundle, webGlobals } from "../bundle.ts"

/** A tracker that all requests of a Worker share. */
const worker = `
  import { createHttpBatchTracker, createTaskEvent } from "@durable-effect/core"
  import { Effect, Scope } from "effect"
  globalThis.start = (endpoint, waitUntil) => {
    const config = { endpoint, waitUntil, env: "test", serviceKey: "worker", flushInterval: 0 }
    const tracker = Effect.runSync(Scope.provide(createHttpBatchTracker(config), Effect.runSync(Scope.make())))
    const event = createTaskEvent("task.progress", "worker", { task_id: "t-1", state: "running", progress: 0.5 })
    return () => Effect.runSync(Effect.flatMap(event, tracker.emit))
  }
`

/** What a Worker has: timers that end with the request that set them. */
const platform = () => {
  let request = { isOver: false }
  let skewMs = 0
  const promises: Array<Promise<void>> = []
  return {
    globals: {
      ...webGlobals(),
      setTimeout: (task: () => void, ms: number) => {
        const own = request
        return setTimeout(() => own.isOver || task(), ms)
      },
      performance: { now: () => performance.now() + skewMs }
    },
    promises,
    waitUntil: (promise: Promise<void>) => void promises.push(promise),
    /** The request ends, whatever it waits for, and another comes after so many milliseconds. */
    nextRequest: (afterMs: number) => {
      request.isOver = true
      request = { isOver: false }
      skewMs += afterMs
    }
  }
}

describe("HttpBatch in a Worker", () => {
  it.live("delivers although the request ended that was to do so", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const { globals, nextRequest, promises, waitUntil } = platform()
      const context = createContext(globals)
      const { text } = yield* bundle(worker, { format: "iife" })
      runInContext(text, context)
      const start: (endpoint: string, keepAlive: typeof waitUntil) => () => void = runInContext("start", context)
      const emit = start(endpoint.url, waitUntil)
      for (let request = 0; request < 3; request++) {
        emit()
        if (request < 2) nextRequest(5000)
      }
      assert.lengthOf(yield* endpoint.awaitStored(3), 3)
      yield* Effect.promise(() => Promise.all(promises))
      assert.lengthOf(promises, 2) // of the first request, and of the one that took over
    }).pipe(Effect.scoped))
})
