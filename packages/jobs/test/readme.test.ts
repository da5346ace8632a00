import { createInMemoryTrackerLayer } from "@durable-effect/core"
import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jobsClient, JobsRuntime } from "../src/index.ts"
// #region define
import { Backoff, Continuous, createJobRegistry, createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"

const tokenRefresher = Continuous.make({
  stateSchema: Schema.Struct({ token: Schema.String, refreshed: Schema.Int }),
  schedule: Continuous.every("30 minutes"),
  retry: { maxAttempts: 3, delay: Backoff.exponential({ base: "1 second", max: "30 seconds" }), jitter: true },
  execute: (ctx) =>
    Effect.gen(function*() {
      const { refreshed, token } = yield* ctx.state
      yield* ctx.progress(0.5, "asking for a new token")
      if (refreshed === 1000) yield* ctx.terminate({ reason: "old enough" })
      yield* ctx.setState({ token: `${token}+`, refreshed: refreshed + 1 })
    })
})
const registry = createJobRegistry({ tokenRefresher })
// #endregion

const reportSchema = Schema.Struct({ sent: Schema.Int })
// #region schedules
const morningReport = Continuous.make({
  stateSchema: reportSchema,
  schedule: Continuous.cron("0 9 * * MON-FRI", { zone: "Europe/Berlin" }), // or every("1 day")
  catchUp: "skip", // a report of yesterday is of no use
  startImmediately: false,
  execute: (ctx) => ctx.updateState(({ sent }) => ({ sent: sent + 1 }))
})
// #endregion

const run = async (filename: string, endpoint: string) => {
  // #region run
  const runtime = createJobsRuntime(registry, {
    host: JobsHost.sqlite({ filename }), // such as "jobs.db"
    tracker: { endpoint, env: "production", serviceKey: "billing" } // http://127.0.0.1:8084/v1/events
  })
  const tokens = runtime.client.continuous("tokenRefresher")
  await tokens.start({ id: "user-123", input: { token: "t", refreshed: 0 } })
  const { state } = await tokens.getState({ id: "user-123" }) // { token: "t+", refreshed: 1 }
  await runtime.dispose()
  // #endregion
  return state
}

describe("the README's job", () => {
  it.live("keeps its state in the file and sends its events to the endpoint", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "jobs-readme-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const state = yield* Effect.promise(() => run(join(folder, "jobs.db"), endpoint.url))
      assert.deepStrictEqual(state, { token: "t+", refreshed: 1 })
      const types = (yield* endpoint.stored()).map((event) => event["type"])
      assert.includeMembers(types, ["job.created", "execution.started", "task.progress", "execution.succeeded"])
    }))

  // #region test
  it.effect("refreshes every half hour", () =>
    Effect.gen(function*() {
      const tokens = (yield* jobsClient(registry)).continuous("tokenRefresher")
      yield* tokens.start({ id: "a", input: { token: "t", refreshed: 0 } })
      yield* TestClock.adjust("1 hour")
      assert.deepInclude((yield* tokens.getState({ id: "a" })).state, { refreshed: 3 })
    }).pipe(Effect.provide(JobsRuntime.layer(registry))))
  // #endregion

  it.effect("reports in the morning of working days", () =>
    Effect.gen(function*() {
      const reports = createJobRegistry({ morningReport })
      yield* TestClock.setTime(Date.parse("2026-11-20T12:00:00Z"))
      yield* Effect.gen(function*() {
        const report = (yield* jobsClient(reports)).continuous("morningReport")
        yield* report.start({ id: "a", input: { sent: 0 } })
        const { nextRunAt } = yield* report.status({ id: "a" })
        assert.strictEqual(nextRunAt, Date.parse("2026-11-23T09:00:00+01:00"))
      }).pipe(Effect.provide(JobsRuntime.layer(reports)))
    }))

  // #region track
  it("tells what it did", async () => {
    const { handle, layer } = await Effect.runPromise(createInMemoryTrackerLayer())
    const runtime = createJobsRuntime(registry, { tracker: layer })
    await runtime.client.continuous("tokenRefresher").start({ id: "a", input: { token: "t", refreshed: 0 } })
    await runtime.flush()
    assert.isTrue(await Effect.runPromise(handle.hasEvent("execution.succeeded")))
    await runtime.dispose()
  })
  // #endregion
})
