import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { createJobRegistry, WorkerPool } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"
import { pass } from "./openPool.ts"

describe.each(storages)("the events of a pool on $name", ({ open }) => {
  it.effect("an event that is changed in place by its handler is stored, and comes again, as it was", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const change = (event: Schema.Json) =>
        Effect.suspend(() => {
          seen.push(JSON.stringify(event))
          if (typeof event === "object" && event !== null) Object.assign(event, { changed: true })
          return Effect.fail("no")
        })
      const registry = createJobRegistry({
        pool: WorkerPool.make({
          eventSchema: Schema.Json,
          concurrency: 1,
          retry: { maxAttempts: 2, delay: "1 second" },
          execute: change,
          onDeadLetter: change
        })
      })
      const { client } = yield* openRuntime(registry, yield* open)
      const pool = client.workerPool("pool")
      yield* pool.enqueue({ event: { n: 1 }, itemId: "a" })
      yield* pass("1 second")
      assert.deepStrictEqual(seen, ["{\"n\":1}", "{\"n\":1}", "{\"n\":1}"])
      const { items } = yield* pool.deadLetters()
      assert.deepStrictEqual(items.map((item) => item.event), [{ n: 1 }])
    }))
})
