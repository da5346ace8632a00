import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { answerJob, answerJobs } from "../../src/query/answerJobs.ts"
import {
  earlier,
  envelope,
  life,
  onEachStore,
  refused,
  result,
  tell,
  tenant,
  time,
  workflow
} from "../projection/stores.ts"

const jobs = Effect.map(answerJobs(tenant, {}), ({ jobs }) => jobs)

/** How many runs began within a period, and when the newest did. */
const runs = (period?: string) =>
  Effect.map(
    answerJobs(tenant, { period }),
    ({ jobs }) => jobs.map(({ last_run_at, runs }) => [runs, last_run_at])
  )

/** A life with one run that fails, and when the job goes on by itself. */
const failing = (incarnationId: string, message: string, from: number, nextRunAt?: string) =>
  life(
    incarnationId,
    ["job.created", time(from)],
    ["execution.started", time(from), { attempt: 1, handler: "execute" }],
    ["execution.failed", time(from, 30), { attempt: 1, willRetry: false, error: { message } }],
    ...(nextRunAt === undefined ? [] : [["alarm.scheduled", time(from, 31), { scheduledFor: nextRunAt }] as const])
  )

const succeeding = (incarnationId: string, executionId: string, from: number, seconds: number) =>
  life(
    incarnationId,
    ["execution.started", time(from), { attempt: 1, handler: "execute", executionId }],
    ["execution.succeeded", time(from, seconds), { attempt: 1, executionId }]
  ).map((event) => ({ ...event, eventId: `${executionId}-${event.eventId}` }))

describe("jobs", () => {
  onEachStore("are counted by name, over all their lives", () =>
    Effect.gen(function*() {
      yield* tell(
        ...failing("life-1", "no disk", 0, "2026-01-11T11:00:00Z"),
        ...failing("life-2", "no disk", 1, "2026-01-11T10:30:00Z"),
        ...succeeding("life-1", "run-2", 2, 10),
        ...succeeding("life-1", "run-3", 3, 20),
        // Waits for its first run, so it has not run yet.
        ...life("life-3", ["job.created", time(1)], ["pool.item.enqueued", time(1), { executionId: "waiting" }])
          .map((event) => ({ ...event, jobName: "mail", jobType: "workerPool" })),
        ...earlier("task", ["job.executed", time(2), { runCount: 1, durationMs: 1500 }])
          .map((event) => ({ ...event, jobName: "import" })),
        // Neither is a job.
        ...workflow(["workflow.started", time(0)], ["step.started", time(1), { stepName: "pay" }]),
        envelope("plan.started", time(0), { plan_id: "plan" })
      )
      assert.deepStrictEqual(yield* jobs, [
        {
          job_name: "audit",
          job_type: "continuous",
          plans: 2,
          runs: 4,
          failed_runs: 2,
          error_rate: 0.5,
          p50_duration_seconds: 25,
          p95_duration_seconds: 30,
          last_run_at: time(3),
          next_run_at: "2026-01-11T10:30:00Z"
        },
        {
          job_name: "import",
          job_type: "task",
          plans: 1,
          runs: 1,
          failed_runs: 0,
          error_rate: 0,
          p50_duration_seconds: 1.5,
          p95_duration_seconds: 1.5,
          last_run_at: "2026-01-11T10:01:58.500Z",
          next_run_at: null
        },
        {
          job_name: "mail",
          job_type: "workerPool",
          plans: 1,
          runs: 0,
          failed_runs: 0,
          error_rate: null,
          p50_duration_seconds: null,
          p95_duration_seconds: null,
          last_run_at: null,
          next_run_at: null
        }
      ])
    }))

  onEachStore(
    "count what began within the period alone, and nothing that is still to come",
    () =>
      Effect.gen(function*() {
        yield* tell(
          ...succeeding("life-1", "old", 1, 1),
          ...succeeding("life-1", "new", 4, 1),
          ...succeeding("life-1", "future", 6, 1)
        )
        assert.deepStrictEqual(yield* runs(), [[2, time(4)]])
        assert.deepStrictEqual(yield* runs("2m"), [[1, time(4)]])
        assert.deepStrictEqual((yield* answerJob(tenant, "audit", { period: "2m" })).runs, 1)
      })
  )

  onEachStore("have no next run once they have ended", () =>
    Effect.gen(function*() {
      yield* tell(...failing("life-1", "no disk", 0, "2026-01-11T11:00:00Z"))
      assert.strictEqual((yield* answerJob(tenant, "audit", {})).next_run_at, "2026-01-11T11:00:00Z")
      yield* tell(...life("life-1", ["job.terminated", time(2)]).map((event) => ({ ...event, eventId: "end" })))
      assert.isNull((yield* answerJob(tenant, "audit", {})).next_run_at)
    }))

  onEachStore("come in pages by name, in the order of bytes", () =>
    Effect.gen(function*() {
      // UTF-16 has the last two the other way round.
      const names = ["a", "b", "c/d", "é", "\uFF5E", "\u{1F600}"]
      yield* tell(
        ...names.flatMap((jobName) =>
          life(`life-${jobName}`, ["job.created", time(0)]).map((event) => ({ ...event, jobName }))
        )
      )
      const found: Array<string> = []
      for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
        const { jobs, next_cursor }: {
          readonly jobs: ReadonlyArray<{ job_name: string }>
          readonly next_cursor?: string
        } = yield* answerJobs(tenant, { limit: "4", cursor })
        found.push(...jobs.map(({ job_name }) => job_name))
        assert.isBelow(pages, 2)
        cursor = next_cursor
      }
      assert.deepStrictEqual(found, names)
    }))
})

describe("a job", () => {
  onEachStore("has the errors of its latest failures by message, the last one first", () =>
    Effect.gen(function*() {
      const long = "\u{1F600}".repeat(501)
      yield* tell(
        ...failing("life-1", "no disk", 0),
        ...failing("life-2", "no disk", 1),
        ...failing("life-3", long, 2),
        ...earlier("task", ["job.failed", time(3, 30), { runCount: 2, error: { code: 7 } }]),
        ...failing("life-5", "other", 3),
        ...earlier("task", ["job.failed", time(4), { runCount: 1, error: "text alone" }]),
        // Tried again: not a failed run.
        ...life(
          "life-6",
          ["execution.started", time(0), { attempt: 1, handler: "execute" }],
          ["execution.failed", time(1), { attempt: 1, willRetry: true, error: { message: "soon better" } }]
        ),
        // Another's failure.
        ...failing("life-7", "not mine", 0).map((event) => ({ ...event, jobName: "other" }))
      )
      const { recent_errors } = yield* answerJob(tenant, "audit", {})
      assert.deepStrictEqual(recent_errors, [
        {
          message: "text alone",
          count: 1,
          last_at: time(4),
          example_task_id: "task:audit:1:r1"
        },
        { message: "other", count: 1, last_at: time(3, 30), example_task_id: "life-5:r1" },
        { message: null, count: 1, last_at: time(3, 30), example_task_id: "task:audit:1:r2" },
        { message: "\u{1F600}".repeat(500), count: 1, last_at: time(2, 30), example_task_id: "life-3:r1" },
        { message: "no disk", count: 2, last_at: time(1, 30), example_task_id: "life-2:r1" }
      ])
    }))

  onEachStore("is unknown where only agents have its name", () =>
    Effect.gen(function*() {
      yield* tell(result("task", time(0), {}, { source: "worker" }), ...failing("life-1", "no disk", 0))
      for (const name of ["worker", "Audit", "audi", "a\0b", "", "x".repeat(256)]) {
        assert.strictEqual((yield* refused(answerJob(tenant, name, {}))).status, 404, name)
      }
      assert.strictEqual((yield* refused(answerJob("other", "audit", {}))).status, 404)
    }))
})
