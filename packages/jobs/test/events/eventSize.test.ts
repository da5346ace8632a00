import type { JobEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, type ContinuousContext, createJobRegistry, JobsHost } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"

/** What tracker-server takes of one event. */
const maxEventBytes = 256 * 1024
const huge = "\u0001€".repeat(60_000)

const bytesOf = (event: JobEvent) => new TextEncoder().encode(JSON.stringify(event)).byteLength

class HugeError extends Error {
  override readonly name = huge
  override readonly stack = huge
}

const job = (execute: (ctx: ContinuousContext<string>) => Effect.Effect<unknown, unknown>) =>
  Continuous.make({
    stateSchema: Schema.String,
    schedule: Continuous.every("1 minute"),
    retry: { maxAttempts: 2, delay: "1 second" },
    execute
  })

describe("an event of a job with huge everything", () => {
  it.effect("is small enough for the server, whatever it tells", () =>
    Effect.gen(function*() {
      const registry = createJobRegistry({
        failing: job(() => Effect.fail(new HugeError(huge))),
        ending: job((ctx) => ctx.terminate({ reason: huge })),
        sound: job((ctx) => ctx.setState(huge))
      })
      const runtime = yield* openRuntime(registry, JobsHost.memory)
      const { continuous } = runtime.client
      const id = "x".repeat(230)
      yield* continuous("failing").start({ id, input: huge })
      yield* TestClock.adjust("2 seconds")
      yield* continuous("ending").start({ id, input: huge })
      yield* continuous("sound").start({ id, input: huge })
      yield* continuous("sound").terminate({ id, reason: huge })

      const events = yield* runtime.events
      for (const type of ["job.failed", "retry.scheduled", "retry.exhausted", "execution.succeeded"]) {
        assert.include(events.map((event) => event.type), type)
      }
      assert.lengthOf(events.filter((event) => event.type === "job.terminated" && event.reason !== undefined), 2)
      for (const event of events) assert.isBelow(bytesOf(event), maxEventBytes, event.type)
    }))
})
