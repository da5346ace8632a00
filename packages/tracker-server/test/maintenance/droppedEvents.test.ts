import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { presentPartitions } from "../../src/maintenance/partitions.ts"
import { applyRetention } from "../../src/maintenance/retention.ts"
import { envelope, metrics, plan, request, result, tasks, tenant, timeline } from "../projection/stores.ts"
import { ingest } from "../support/ingest.ts"
import { projections, rebuilt, storesOn } from "./projections.ts"

const early = "2026-01-06T12:00:00Z"
const late = "2026-01-28T12:00:00Z"

/** Events of one plan with one task, both named after `name`. */
const lived = (name: string, at: string) => [
  envelope("plan.started", at, { plan_id: name }, { id: `${name}-started-${at}` }),
  request(`${name}-task`, at, { plan_id: name }, { id: `${name}-asked-${at}` }),
  result(`${name}-task`, at, {}, { id: `${name}-done-${at}` }),
  envelope("goal", at, {}, { id: `${name}-goal-${at}`, topic: "business-facts", trace_id: `${name}-trace` })
]

const day = 24 * 60 * 60 * 1000
const plans = ["gone", "half", "there"]
const summaries = Effect.all({
  plans: Effect.forEach(plans, plan),
  tasks: Effect.forEach(plans, tasks),
  agent: metrics("worker", "400d")
})

/**
 * A server at this instant, on a pool of its own: the timers of one that saw the years before would all run at once.
 */
const serverAt = (instant: string, url: Redacted.Redacted) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(
    TestClock.setTime(Date.parse(instant)),
    Effect.provide(effect, storesOn(url))
  )

/** Events of three weeks ago, and of today; some plans have both. Then only a week of them is kept. */
const keptForAWeek = Effect.gen(function*() {
  const url = yield* TestClock.withLive(freshDatabase())
  yield* ingest(tenant, [...lived("gone", early), ...lived("half", early)]).pipe(serverAt(early, url))
  const before = yield* Effect.gen(function*() {
    yield* ingest(tenant, [...lived("half", late), ...lived("there", late)])
    const before = yield* summaries
    yield* applyRetention(Duration.millis(7 * day))
    return before
  }).pipe(serverAt(late, url))
  return { before, url }
})

const ids = (planId: string) => Effect.map(timeline(planId), (events) => events.map(({ event_id }) => event_id))

describe("events that retention has dropped", () => {
  it.effect("leave what they said of plans, tasks and agents, and nothing in timelines", () =>
    Effect.scoped(Effect.gen(function*() {
      const { before, url } = yield* keptForAWeek
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* summaries, before)
        assert.strictEqual(before.agent.total_tasks, 3)
        assert.deepStrictEqual(yield* ids("gone"), [])
        assert.deepStrictEqual(
          (yield* ids("half")).sort(),
          [`half-asked-${late}`, `half-done-${late}`, `half-started-${late}`]
        )
        const partitions = yield* presentPartitions
        assert.notInclude(partitions, "event_timeline_20260105")
        assert.include(partitions, "event_timeline_20260126")
      }).pipe(serverAt(late, url))
    })))

  it.effect("count as new when they come again, and those that are kept do not", () =>
    Effect.scoped(Effect.gen(function*() {
      const { url } = yield* keptForAWeek
      const again = [{ ...lived("gone", early)[0], data: { plan_id: "again" } }, ...lived("there", late)]
      assert.deepInclude(yield* ingest(tenant, again).pipe(serverAt(late, url)), {
        accepted: 1,
        duplicates: 4,
        rejected: []
      })
    })))

  it.effect("keep their rows through a rebuild, which puts the others right", () =>
    Effect.scoped(Effect.gen(function*() {
      const { before, url } = yield* keptForAWeek
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const right = yield* projections
        yield* sql`UPDATE task_executions SET state = 'running', completed_at = NULL WHERE task_id = 'there-task'`
        yield* sql`UPDATE plan_executions SET started_at = NULL WHERE plan_id = 'there'`
        yield* sql`UPDATE trace_ranges SET last_received_at = '2030-01-01T00:00:00Z' WHERE trace_id = 'there-trace'`
        const [done] = yield* rebuilt(url)
        assert.deepStrictEqual(done, {
          tenantId: tenant,
          events: 8,
          differences: { task_executions: 1, plan_executions: 1, trace_ranges: 1 },
          kept: 4
        })
        assert.deepStrictEqual(yield* projections, right)
        assert.deepStrictEqual(yield* summaries, before)
      }).pipe(serverAt(late, url))
    })))

  it.effect("are known to be gone before the first of them goes", () =>
    Effect.scoped(Effect.gen(function*() {
      const { url } = yield* keptForAWeek
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        // Retention that was cut off: it has said what it will drop, and has not dropped it.
        yield* sql`UPDATE retention_mark SET dropped_before = '2026-02-01T00:00:00Z'`
        yield* sql`UPDATE task_executions SET state = 'running', completed_at = NULL WHERE task_id = 'there-task'`
        assert.deepStrictEqual((yield* rebuilt(url)).map(({ differences, kept }) => [differences, kept]), [[{}, 6]])
      }).pipe(serverAt(late, url))
    })))
})
