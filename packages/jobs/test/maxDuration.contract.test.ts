import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry } from "../src/index.ts"
import { failing } from "./support/definitions.ts"
import { path } from "./support/eventPath.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }

describe.each(storages)("retry.maxDuration on $name", ({ open }) => {
  it.effect.each([
    { name: "exactly on time runs", maxDuration: 3000, last: ["execution.succeeded", "alarm.scheduled(schedule)"] },
    { name: "a millisecond late does not", maxDuration: 2999, last: ["job.failed", "job.terminated(retryExhausted)"] }
  ])("a retry that begins $name", ({ last, maxDuration }) =>
    Effect.gen(function*() {
      const definition = failing(1, { retry: { maxAttempts: 2, delay: "3 seconds", maxDuration } })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      yield* client.continuous("job").start({ id, input })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(path(yield* events).slice(-2), last)
    }))
})
