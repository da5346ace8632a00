import { assert, describe, it } from "@effect/vitest"
import { Backoff, createJobRegistry, createJobsRuntime } from "../../src/index.ts"
// #region pool
import { WorkerPool } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"

const mailer = WorkerPool.make({
  eventSchema: Schema.Struct({ to: Schema.String, subject: Schema.String }),
  concurrency: 10,
  retry: { maxAttempts: 5, delay: Backoff.exponential({ base: "1 second" }), timeout: "30 seconds" },
  execute: (mail, ctx) => Effect.log(`${mail.subject} to ${mail.to}, once by ${ctx.executionId}`),
  onDeadLetter: (mail, error) => Effect.logError(`gave up on ${mail.to}: ${error.message}`)
})
// #endregion

describe("the README's worker pool", () => {
  it("runs what it is given", async () => {
    const runtime = createJobsRuntime(createJobRegistry({ mailer }))
    // #region pool-calls
    const mails = runtime.client.workerPool("mailer")
    const welcome = { to: "ada@example.com", subject: "Welcome" }
    await mails.enqueue({ event: welcome, partitionKey: "ada" }) // { itemId, position: 1, created: true }
    await mails.enqueue({ event: { ...welcome, subject: "First steps" }, partitionKey: "ada" }) // after the first one
    await mails.enqueue({ event: { ...welcome, to: "eve@example.com" }, itemId: "welcome-eve", priority: -1 })
    const { processed } = await mails.drain() // 3
    // #endregion
    assert.strictEqual(processed, 3)
    await runtime.dispose()
  })
})
