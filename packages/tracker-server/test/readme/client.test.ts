import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
// #region promises
import { createTrackerClient, NotFound } from "@durable-effect/tracker-server/client"

const report = async (options: { readonly url: string; readonly apiKey: string }) => {
  const tracker = createTrackerClient(options)
  const failed: Array<string> = []
  for await (const plan of tracker.plans({ status: "failed", since: "2026-01-01T00:00:00Z" })) failed.push(plan.plan_id)
  const plan = await tracker.plan("continuous:invoice:42").catch((error: unknown) => {
    if (error instanceof NotFound) return undefined // others: Unauthorized, Unavailable, Unreachable, …
    throw error
  })
  return { failed, plan }
}
// #endregion
// #region tail
const firstFailure = async (
  tracker: ReturnType<typeof createTrackerClient>,
  signal: AbortSignal,
  onOpen?: () => void
) => {
  for await (const { data, event } of tracker.tail({ signal, onOpen })) {
    if (event === "tracking" && data.event_type === "execution.failed") return data.plan_id
  }
  return null
}
// #endregion
// #region effect
import { TrackerClient } from "@durable-effect/tracker-server/client"
import { FetchHttpClient } from "effect/http"

const progress = Effect.gen(function*() {
  const tracker = yield* TrackerClient
  return yield* tracker.query.plan({ params: { plan_id: "continuous:invoice:42" } })
}).pipe(Effect.catchTag("NotFound", ({ detail }) => Effect.succeed(detail)))

const asked = (url: string, apiKey: string) =>
  progress.pipe(Effect.provide(TrackerClient.layer({ url, apiKey })), Effect.provide(FetchHttpClient.layer))
// #endregion
import { planNotFound } from "../../src/query/foundPlan.ts"
import { testServer } from "../http/server.ts"

const run = {
  timestamp: "2026-01-11T10:00:00Z",
  instanceId: "continuous:invoice:42",
  jobType: "continuous",
  jobName: "invoice",
  incarnationId: "life-1",
  executionId: "life-1:r1",
  runCount: 1,
  attempt: 1
}
const started = { ...run, eventId: "e-1", sequence: 1, type: "execution.started", handler: "execute" }
const failed = {
  ...run,
  eventId: "e-2",
  sequence: 2,
  type: "execution.failed",
  willRetry: false,
  error: { message: "no" }
}

it.live("the README's programs ask a server", () =>
  Effect.gen(function*() {
    const server = yield* testServer()
    const { secret: apiKey } = yield* server.makeKey("acme", "ingest", "query")
    const { url } = server
    assert.deepStrictEqual(yield* Effect.promise(() => report({ url, apiKey })), { failed: [], plan: undefined })
    assert.strictEqual(yield* asked(url, apiKey), planNotFound.detail)
    const tracker = createTrackerClient({ url, apiKey })
    const found = yield* Effect.promise((signal) =>
      firstFailure(tracker, signal, () => void tracker.sendEvents([started, failed]))
    )
    assert.strictEqual(found, "life-1")
    const { plan } = yield* Effect.promise(() => report({ url, apiKey }))
    assert.deepInclude(plan, { plan_id: "life-1", failed_tasks: 1 })
    assert.deepInclude(yield* asked(url, apiKey), { plan_id: "life-1", failed_tasks: 1 })
  }))
