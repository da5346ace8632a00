import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Layer } from "effect"
import { clientOf } from "./ingestServer.ts"
import { testServer } from "./server.ts"

/** One server and one tenant's data for all tests of this file, which only ask. */
class Asked extends Context.Service<Asked, {
  readonly ask: ReturnType<typeof clientOf>["ask"]
  /** An instant so many seconds after the first of the data. */
  readonly at: (seconds: number) => string
  readonly nowMs: number
}>()("Asked") {}

const secondMs = 1000
const dayMs = 86_400_000

const data = Layer.effect(
  Asked,
  Effect.gen(function*() {
    const server = yield* testServer()
    const { secret } = yield* server.makeKey("acme", "ingest", "query")
    const { ask, send } = clientOf(server.url, secret)
    const nowMs = yield* Clock.currentTimeMillis
    // Whole seconds, so that answers show no decimals.
    const beganMs = Math.floor(nowMs / secondMs) * secondMs - 600 * secondMs
    const at = (seconds: number) => new Date(beganMs + seconds * secondMs).toISOString().replace(".000Z", "Z")
    const event = (type: string, seconds: number, run: number, fields: object = {}) => ({
      eventId: `${type}-${seconds}-${run}`,
      timestamp: at(seconds),
      type,
      instanceId: "continuous:in/voice é:42",
      incarnationId: "life-1",
      executionId: `life-1:r${run}`,
      jobType: "continuous",
      jobName: "in/voice é",
      runCount: run,
      attempt: 1,
      ...fields
    })
    const error = { message: "no disk" }
    yield* send(JSON.stringify({
      events: [
        7,
        8,
        {},
        event("job.created", 0, 1),
        event("job.created", 0, 1),
        event("execution.started", 0, 1, { handler: "execute", sequence: 3 }),
        event("execution.succeeded", 2, 1, { sequence: 7 }),
        event("execution.started", 10, 2, { handler: "execute" }),
        event("execution.failed", 14, 2, { error, willRetry: false }),
        event("alarm.scheduled", 15, 2, { scheduledFor: at(5000), kind: "schedule" })
      ],
      lost: { tracker: "t-1", serviceKey: "in/voice é", counts: { overflow: 4 } }
    }))
    return { ask, at, nowMs }
  })
)

const job = ({ at }: Asked["Service"]) => ({
  job_name: "in/voice é",
  job_type: "continuous",
  plans: 1,
  runs: 2,
  failed_runs: 1,
  error_rate: 0.5,
  p50_duration_seconds: 3,
  p95_duration_seconds: 3.9,
  last_run_at: at(10),
  next_run_at: at(5000)
})

layer(data, { excludeTestServices: true })("the numbers over HTTP", (it) => {
  it.effect("list the jobs", () =>
    Effect.gen(function*() {
      const asked = yield* Asked
      const answer = yield* asked.ask("/jobs")
      assert.deepStrictEqual(JSON.parse(answer.text), { jobs: [job(asked)] })
      assert.deepStrictEqual(JSON.parse((yield* asked.ask("/jobs?period=5m&limit=1")).text), {
        jobs: [{
          ...job(asked),
          runs: 0,
          failed_runs: 0,
          error_rate: null,
          p50_duration_seconds: null,
          p95_duration_seconds: null,
          last_run_at: null
        }]
      })
    }))

  it.effect("list the agents, each as its metrics are", () =>
    Effect.gen(function*() {
      const { ask } = yield* Asked
      const agent = {
        agent_id: "in/voice é",
        period: "7d",
        total_tasks: 2,
        completed_tasks: 1,
        failed_tasks: 1,
        cancelled_tasks: 0,
        running_tasks: 0,
        avg_duration_seconds: 3,
        p50_duration_seconds: 3,
        p95_duration_seconds: 3.9,
        success_rate: 0.5
      }
      assert.deepStrictEqual(JSON.parse((yield* ask("/agents")).text), { agents: [agent] })
      const metrics = yield* ask(`/metrics?agent_id=${encodeURIComponent("in/voice é")}`)
      assert.deepStrictEqual(JSON.parse(metrics.text), agent)
      assert.strictEqual((yield* ask("/agents?period=7x")).status, 400)
    }))

  it.effect("tell of one job with its errors", () =>
    Effect.gen(function*() {
      const asked = yield* Asked
      const answer = yield* asked.ask(`/jobs/${encodeURIComponent("in/voice é")}?period=1h`)
      assert.deepStrictEqual(JSON.parse(answer.text), {
        ...job(asked),
        recent_errors: [{
          message: "no disk",
          count: 1,
          last_at: asked.at(14),
          example_task_id: "life-1:r2"
        }]
      })
    }))

  it.effect("follow an agent through time", () =>
    Effect.gen(function*() {
      const { ask, at, nowMs } = yield* Asked
      const path = `/metrics/series?agent_id=${encodeURIComponent("in/voice é")}`
      const bucketMs = 60_000
      const { buckets, ...series } = JSON.parse((yield* ask(`${path}&period=20m&bucket=1m`)).text)
      assert.deepStrictEqual(series, { agent_id: "in/voice é", period: "20m", bucket: "1m" })
      // The minute may have gone on since.
      assert.include([21, 22], buckets.length)
      const [first] = buckets
      assert.isAtLeast(Date.parse(first.start), Math.floor(nowMs / bucketMs) * bucketMs - 20 * bucketMs)
      const busy = buckets.filter(({ total_tasks }: { total_tasks: number }) => total_tasks > 0)
      const startOf = (seconds: number) =>
        new Date(Math.floor(Date.parse(at(seconds)) / bucketMs) * bucketMs).toISOString().replace(".000Z", "Z")
      assert.strictEqual(busy[0].start, startOf(0))
      assert.strictEqual(busy.at(-1).start, startOf(10))
      assert.strictEqual(busy.reduce((sum: number, one: { total_tasks: number }) => sum + one.total_tasks, 0), 2)
      assert.deepStrictEqual(buckets.find(({ total_tasks }: { total_tasks: number }) => total_tasks === 0), {
        start: first.start,
        total_tasks: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        p50_duration_seconds: null,
        p95_duration_seconds: null
      })
      const daily = JSON.parse((yield* ask(`${path}&bucket=400d`)).text)
      assert.deepStrictEqual([daily.period, daily.bucket], ["7d", "400d"])
      assert.deepStrictEqual(daily.buckets.at(-1), {
        start: new Date(Math.floor(nowMs / (400 * dayMs)) * 400 * dayMs).toISOString().replace(".000Z", "Z"),
        total_tasks: 2,
        completed_tasks: 1,
        failed_tasks: 1,
        p50_duration_seconds: 3,
        p95_duration_seconds: 3.9
      })
    }))

  it.effect("tell how taking in goes", () =>
    Effect.gen(function*() {
      const { ask } = yield* Asked
      assert.deepStrictEqual(JSON.parse((yield* ask("/ingest")).text), {
        accepted: 6,
        duplicates: 1,
        rejected: { not_an_object: 2, missing_field: 1 },
        lost: { "in/voice é": { overflow: 4 } },
        gaps: [{ incarnation_id: "life-1", from: 1, to: 2 }, { incarnation_id: "life-1", from: 4, to: 6 }]
      })
    }))

  it.effect("say which job there is not, and what cannot be asked", () =>
    Effect.gen(function*() {
      const { ask } = yield* Asked
      for (
        const [path, status, word] of [
          ["/jobs/none", 404, "job"],
          [`/jobs/${"x".repeat(256)}`, 404, "job"],
          [`/jobs/${"x".repeat(900)}`, 404, "job"],
          ["/jobs/a%00b", 404, "job"],
          ["/jobs?limit=0", 400, "limit"],
          ["/jobs?cursor=x", 400, "cursor"],
          ["/jobs?period=7x", 400, "period"],
          ["/jobs/none?period=0d", 400, "period"],
          ["/metrics/series", 400, "agent_id"],
          ["/metrics/series?agent_id=", 400, "agent_id"],
          ["/metrics/series?agent_id=a&period=-1d", 400, "period"],
          ["/metrics/series?agent_id=a&period=400d&bucket=1m", 400, "bucket"]
        ] as const
      ) {
        const answer = yield* ask(path)
        assert.strictEqual(answer.status, status, path)
        assert.include(JSON.parse(answer.text).detail, word, path)
      }
    }))
})
