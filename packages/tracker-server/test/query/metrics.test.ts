import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { answerAgents } from "../../src/query/answerAgents.ts"
import { answerJobs } from "../../src/query/answerJobs.ts"
import { answerMetrics } from "../../src/query/answerMetrics.ts"
import { answerSeries } from "../../src/query/answerSeries.ts"
import { envelope, metrics, onEachStore, refused, request, result, tell, tenant, time } from "../projection/stores.ts"

const mine = { assigned_to: "worker", plan_id: "plan" }
const by = { source: "worker" }
const series = (period: string, bucket?: string) => answerSeries(tenant, { agent_id: "worker", period, bucket })

/** A task from one instant to another. */
const done = (id: string, from: string, to: string, success: boolean = true) => [
  request(id, from, mine),
  result(id, to, { success }, by)
]

describe("metrics", () => {
  onEachStore("are of the tasks that started within the period, up to now", () =>
    Effect.gen(function*() {
      yield* tell(
        ...done("before", "2026-01-11T09:04:59.999999Z", time(0)),
        ...done("first", "2026-01-11T09:05:00Z", "2026-01-11T09:05:10Z"),
        ...done("failed", time(1), time(1, 20), false),
        request("running", time(2), mine),
        request("now", time(5), mine),
        request("soon", "2026-01-11T10:05:00.001Z", mine),
        ...done("ahead", time(6), time(7)),
        // Open, and given up with its plan.
        request("given-up", time(3), { ...mine, plan_id: "cancelled" }),
        envelope("plan.cancelled", time(4), { plan_id: "cancelled" })
      )
      assert.deepStrictEqual(yield* metrics("worker", "1h"), {
        agent_id: "worker",
        period: "1h",
        total_tasks: 5,
        completed_tasks: 1,
        failed_tasks: 1,
        cancelled_tasks: 1,
        running_tasks: 2,
        avg_duration_seconds: 15,
        p50_duration_seconds: 15,
        p95_duration_seconds: 19.5,
        success_rate: 0.2
      })
    }))

  onEachStore("have rates of three places", () =>
    Effect.gen(function*() {
      const tasks = [true, true, false].flatMap((ok, i) => done(`task-${i}`, time(1), time(1, 1), ok))
      yield* tell(...tasks)
      assert.strictEqual((yield* metrics("worker")).success_rate, 0.667)
      assert.strictEqual((yield* metrics("worker")).period, "7d")
    }))

  onEachStore("say which periods there are", () =>
    Effect.gen(function*() {
      for (const period of ["", "0d", "-1d", "7", "7x", "401d", "1.5h", "7D", " 7d"]) {
        for (const ask of [refused(answerMetrics(tenant, "worker", period)), refused(series(period))]) {
          const { detail, status } = yield* ask
          assert.deepStrictEqual([status, detail], [
            400,
            "period is a number and a unit, m, h or d, from 1m to 400d: for example 7d."
          ], period)
        }
      }
    }))
})

/** A task that an agent has begun. */
const begun = (agent: string, id: string) => request(id, time(1), { assigned_to: agent, plan_id: "plan" })

describe("agents", () => {
  onEachStore("are told of by id, each with the numbers of its own metrics", () =>
    Effect.gen(function*() {
      yield* tell(
        ...done("first", time(1), time(1, 10)),
        request("open", time(2), mine),
        ...["a", "é", "z", "Z", "🙂"].map((agent) => begun(agent, `of ${agent}`)),
        request("long ago", "2025-01-11T10:00:00Z", { assigned_to: "old", plan_id: "plan" }),
        // Nobody has it.
        request("nobody's", time(1), { plan_id: "plan" })
      )
      const { agents } = yield* answerAgents(tenant, { period: "1h" })
      assert.deepStrictEqual(agents.map(({ agent_id }) => agent_id), ["Z", "a", "old", "worker", "z", "é", "🙂"])
      for (const agent of agents) assert.deepStrictEqual(agent, yield* metrics(agent.agent_id, "1h"))
      assert.deepInclude(agents[3], { total_tasks: 2, completed_tasks: 1, running_tasks: 1, success_rate: 0.5 })
      assert.deepInclude(agents[2], { total_tasks: 0, success_rate: null })
      assert.strictEqual((yield* answerAgents(tenant, {})).agents[0]?.period, "7d")
    }))

  onEachStore("come in pages", () =>
    Effect.gen(function*() {
      yield* tell(...["c", "a", "b"].map((agent) => begun(agent, agent)))
      const first = yield* answerAgents(tenant, { limit: "2" })
      assert.deepStrictEqual(first.agents.map(({ agent_id }) => agent_id), ["a", "b"])
      const second = yield* answerAgents(tenant, { limit: "2", cursor: first.next_cursor })
      assert.deepStrictEqual(second.agents.map(({ agent_id }) => agent_id), ["c"])
      assert.notProperty(second, "next_cursor")
      assert.strictEqual((yield* refused(answerJobs(tenant, { cursor: first.next_cursor }))).status, 400)
      assert.strictEqual((yield* refused(answerAgents("other", { cursor: first.next_cursor }))).status, 400)
      assert.deepStrictEqual(yield* answerAgents("other", {}), { agents: [] })
    }))
})

describe("a series", () => {
  onEachStore("has every bucket from the period's begin until now, aligned to UTC", () =>
    Effect.gen(function*() {
      yield* tell(
        ...done("early", "2026-01-11T09:34:59.999999Z", time(0)),
        ...done("a", "2026-01-11T09:35:00Z", "2026-01-11T09:35:10Z"),
        ...done("b", "2026-01-11T09:39:59.999999Z", "2026-01-11T09:40:19.999999Z", false),
        ...done("c", time(0), time(0, 30)),
        request("d", time(4, 59), mine),
        ...done("ahead", time(6), time(7)),
        ...done("other", time(1), time(2)).map((event) => ({ ...event, source: "other", data: { plan_id: "plan" } }))
      )
      const empty = {
        total_tasks: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        p50_duration_seconds: null,
        p95_duration_seconds: null
      }
      assert.deepStrictEqual(yield* series("30m", "20m"), {
        agent_id: "worker",
        period: "30m",
        bucket: "20m",
        buckets: [
          {
            start: "2026-01-11T09:20:00Z",
            total_tasks: 2,
            completed_tasks: 1,
            failed_tasks: 1,
            p50_duration_seconds: 15,
            p95_duration_seconds: 19.5
          },
          { start: "2026-01-11T09:40:00Z", ...empty },
          {
            start: "2026-01-11T10:00:00Z",
            total_tasks: 2,
            completed_tasks: 1,
            failed_tasks: 0,
            p50_duration_seconds: 30,
            p95_duration_seconds: 30
          }
        ]
      })
      const totals = (yield* series("400d")).buckets.map(({ total_tasks }) => total_tasks)
      assert.deepStrictEqual([totals.length, totals.at(-1), totals.at(-2)], [401, 5, 0])
      assert.strictEqual((yield* metrics("worker", "400d")).total_tasks, 5)
    }))

  onEachStore("has a bucket that fits its period where none is asked for", () =>
    Effect.gen(function*() {
      for (
        const [period, bucket, length, first] of [
          ["1m", "1m", 2, "2026-01-11T10:04:00Z"],
          ["8h", "1m", 481, "2026-01-11T02:05:00Z"],
          ["9h", "1h", 10, "2026-01-11T01:00:00Z"],
          ["7d", "1h", 169, "2026-01-04T10:00:00Z"],
          ["20d", "1h", 481, "2025-12-22T10:00:00Z"],
          ["400d", "1d", 401, "2024-12-07T00:00:00Z"]
        ] as const
      ) {
        const answer = yield* series(period)
        assert.deepStrictEqual([answer.bucket, answer.buckets.length, answer.buckets[0]?.start], [
          bucket,
          length,
          first
        ])
      }
    }))

  onEachStore("has at most 1,000 buckets, and says which are allowed", () =>
    Effect.gen(function*() {
      assert.lengthOf((yield* series("1000m", "1m")).buckets, 1001)
      assert.lengthOf((yield* series("1m", "400d")).buckets, 1)
      for (
        const [period, bucket, least] of [["1001m", "1m", "2m"], ["7d", "10m", "11m"], ["400d", "9h", "576m"]] as const
      ) {
        const { detail, status } = yield* refused(series(period, bucket))
        assert.strictEqual(status, 400)
        assert.include(detail, `at most 1000: for ${period} from ${least} on.`)
        assert.isAtMost((yield* series(period, least)).buckets.length, 1001)
      }
      for (const bucket of ["", "0m", "-1h", "7", "7x", "401d", "1.5h"]) {
        assert.include((yield* refused(series("7d", bucket))).detail, "bucket is a number and a unit", bucket)
      }
    }))
})
