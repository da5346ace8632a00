import { Backoff, Continuous, createJobRegistry, createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { dirname, join } from "node:path"
import { dataDirectory, firstKey } from "../cli/TrackerProcess.ts"
import { BuiltServer } from "./BuiltServer.ts"
import { clientOf } from "./clientOf.ts"

const id = "user 1/ü"
const planId = `continuous:counter:${id}`

class Unlucky extends Schema.TaggedError<Unlucky>()("Unlucky", { message: Schema.String }) {}

/** Three runs; the second needs a second attempt; the third ends the job. */
const counter = (done: Deferred.Deferred<void>) =>
  Continuous.make({
    stateSchema: Schema.Struct({ n: Schema.Int }),
    schedule: Continuous.every("20 millis"),
    retry: { maxAttempts: 2, delay: Backoff.fixed("10 millis") },
    execute: (ctx) =>
      Effect.gen(function*() {
        const { n } = yield* ctx.state
        yield* ctx.progress(0.5, `halfway of run ${ctx.runCount}`)
        if (ctx.runCount === 2 && ctx.attempt === 1) return yield* new Unlucky({ message: "the first time always" })
        yield* ctx.setState({ n: n + 1 })
        if (n + 1 < 3) return
        yield* Deferred.succeed(done, undefined)
        yield* ctx.terminate({ reason: "counted" })
      })
  })

/** Runs the job to its end, with its state in a file and its events sent to `url`. */
const runJob = Effect.fnUntraced(function*(url: string, secret: string, filename: string) {
  const done = yield* Deferred.make<void>()
  const runtime = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createJobsRuntime(createJobRegistry({ counter: counter(done) }), {
        host: JobsHost.sqlite({ filename }),
        tracker: {
          endpoint: `${url}/v1/events`,
          env: "test",
          serviceKey: "e2e",
          headers: { authorization: `Bearer ${secret}` },
          flushInterval: "20 millis",
          retry: { base: "20 millis", max: "100 millis" }
        }
      })
    ),
    (runtime) => Effect.promise(() => runtime.dispose())
  )
  yield* Effect.promise(() => runtime.client.continuous("counter").start({ id, input: { n: 0 } }))
  yield* Deferred.await(done)
})

const lifeOf = [
  "job.created",
  "job.started",
  "execution.started",
  "task.progress",
  "execution.succeeded",
  "alarm.scheduled",
  "alarm.fired",
  "execution.started",
  "task.progress",
  "execution.failed",
  "alarm.scheduled",
  "retry.scheduled",
  "alarm.fired",
  "retry.attempted",
  "execution.started",
  "task.progress",
  "execution.succeeded",
  "alarm.scheduled",
  "alarm.fired",
  "execution.started",
  "task.progress",
  "execution.succeeded",
  "job.completed",
  "job.terminated"
]

/** Progress is sent at once and has no sequence: within one millisecond it may stand elsewhere. */
const committed = (types: ReadonlyArray<string>) => types.filter((type) => type !== "task.progress")

const fourAnswers = Effect.fnUntraced(function*(url: string, secret: string) {
  const client = yield* clientOf(url, secret)
  const params = { plan_id: planId }
  return {
    plan: yield* client.query.plan({ params }),
    tasks: yield* client.query.planTasks({ params, query: {} }),
    timeline: yield* client.query.planTimeline({ params, query: {} }),
    metrics: yield* client.query.metrics({ query: { agent_id: "counter", period: "1h" } })
  }
})

const event = (n: number) => ({
  id: `event-${String(n).padStart(5, "0")}`,
  source: "worker",
  specversion: "1.0",
  type: "task.progress",
  topic: "system-events",
  time: "2026-01-11T10:00:00Z",
  data: { task_id: `task-${n % 7}`, plan_id: "plan-1", state: "running", progress: (n % 100) / 100 }
})

layer(BuiltServer.layer, { timeout: "2 minutes" })("a tracked job, from code to answer", (it) => {
  it.effect("answers all four questions, also after the server was killed", () =>
    Effect.gen(function*() {
      const { start } = yield* BuiltServer
      const directory = yield* dataDirectory
      const server = yield* start(directory)
      const url = yield* server.url
      const secret = firstKey(directory)
      yield* Effect.scoped(runJob(url, secret, join(dirname(directory), "jobs.db")))

      const before = yield* fourAnswers(url, secret)
      const { plan, tasks, timeline, metrics } = before
      assert.strictEqual(plan.status, "completed")
      assert.deepStrictEqual([plan.task_count, plan.completed_tasks, plan.failed_tasks], [3, 3, 0])
      assert.deepStrictEqual([plan.session_id, plan.goal_event], [planId, "continuous.counter"])
      assert.strictEqual(plan.current_state, "terminated")
      assert.match(plan.trace_id ?? "", /^[0-9a-f]{32}$/)
      assert.isFalse(plan.stalled)
      assert.deepStrictEqual(tasks.tasks.map(({ state }) => state), ["completed", "completed", "completed"])
      assert.deepStrictEqual(tasks.tasks.map(({ attempt }) => attempt), [1, 2, 1])
      assert.deepStrictEqual(tasks.tasks.map(({ progress }) => progress), [0.5, 0.5, 0.5])
      assert.deepStrictEqual(tasks.tasks.map(({ agent_id }) => agent_id), ["counter", "counter", "counter"])
      assert.strictEqual(tasks.tasks[0]?.event_type, "continuous.counter.execute")
      const types = timeline.events.map(({ event_type }) => event_type)
      assert.deepStrictEqual(committed(types), committed(lifeOf))
      assert.strictEqual(types.length, lifeOf.length)
      assert.deepStrictEqual([metrics.total_tasks, metrics.completed_tasks, metrics.success_rate], [3, 3, 1])

      yield* server.kill("SIGKILL")
      yield* server.ended
      const again = yield* start(directory)
      assert.deepStrictEqual(yield* fourAnswers(yield* again.url, secret), before)
    }))

  it.effect("has every event that it acknowledged before it was killed", () =>
    Effect.gen(function*() {
      const { start } = yield* BuiltServer
      const directory = yield* dataDirectory
      const server = yield* start(directory)
      const url = yield* server.url
      const secret = firstKey(directory)
      const acknowledged: Array<string> = []
      const enough = yield* Deferred.make<void>()
      const write = async (writer: number) => {
        for (let batch = 0; batch < 500; batch++) {
          const events = Array.from({ length: 20 }, (_, i) => event((writer * 500 + batch) * 20 + i))
          try {
            const answer = await fetch(`${url}/v1/events`, {
              method: "POST",
              headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
              body: JSON.stringify({ events })
            })
            if (answer.status !== 200) return
            await answer.arrayBuffer()
          } catch {
            return // killed
          }
          acknowledged.push(...events.map(({ id }) => id))
          if (acknowledged.length >= 400) Deferred.doneUnsafe(enough, Effect.void)
        }
      }
      const writers = yield* Effect.forkChild(Effect.promise(() => Promise.all([0, 1, 2, 3].map(write))))
      yield* Deferred.await(enough)
      yield* server.kill("SIGKILL")
      yield* server.ended
      yield* Fiber.join(writers)
      const again = yield* start(directory)
      const client = yield* clientOf(yield* again.url, secret)
      const stored = new Set<string>()
      for (let cursor: string | undefined = ""; cursor !== undefined;) {
        const page: { readonly events: ReadonlyArray<{ readonly event_id: string }>; readonly next_cursor?: string } =
          yield* client.query.planTimeline({
            params: { plan_id: "plan-1" },
            query: { limit: "500", ...(cursor === "" ? {} : { cursor }) }
          })
        for (const { event_id } of page.events) stored.add(event_id)
        cursor = page.next_cursor
      }
      assert.isAtLeast(acknowledged.length, 400)
      assert.deepStrictEqual(acknowledged.filter((eventId) => !stored.has(eventId)), [])
    }))
})
