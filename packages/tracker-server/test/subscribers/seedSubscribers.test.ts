import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TaskPage } from "../../src/api/views.ts"
import { time } from "../projection/stores.ts"
import { busServer, type Published, untilCounted } from "./BusServer.ts"

let ids = 0

/** What a worker gives to the bus. */
const eventEnvelope = (
  event: Omit<Published, "id"> & { readonly source: string; readonly data: object; readonly [name: string]: unknown }
): Published => {
  const envelope = { id: `event-${++ids}`, specversion: "1.0", time: time(1) }
  return { ...envelope, ...event }
}

const taskIn = (task_id: string, state: string) =>
  eventEnvelope({
    source: "worker",
    type: "task.progress",
    topic: "system-events",
    data: { task_id, plan_id: "plan-123", state }
  })

const readTasks = Schema.decodeUnknownSync(Schema.fromJsonString(TaskPage))

const taskOf = (text: string, taskId: string): object =>
  readTasks(text).tasks.find(({ task_id }) => task_id === taskId) ?? {}

describe("the tracker, which listens", () => {
  it.live("test_track_progress_event: records progress events", () =>
    Effect.gen(function*() {
      const { ask, publish, sql } = yield* busServer()
      const event = eventEnvelope({
        source: "worker",
        type: "task.progress",
        topic: "system-events",
        data: { task_id: "task-123", plan_id: "plan-123", state: "running", progress: 0.5, message: "Half done" }
      })

      yield* publish(event)
      yield* untilCounted(sql, "event_timeline", 1)

      const [task] = yield* sql`SELECT progress, state, message FROM task_executions WHERE task_id = 'task-123'`
      assert.deepStrictEqual(task, { progress: 0.5, state: "running", message: "Half done" })
      assert.strictEqual((yield* ask("/plans/plan-123")).status, 200)
    }))

  it.live("test_query_plan_status: answers how far a plan is", () =>
    Effect.gen(function*() {
      const { ask, publish, sql } = yield* busServer()
      yield* publish(taskIn("task-1", "completed"), taskIn("task-2", "running"))
      yield* untilCounted(sql, "event_timeline", 2)

      const response = JSON.parse((yield* ask("/plans/plan-123")).text)

      assert.strictEqual(response.task_count, 2)
      assert.strictEqual(response.completed_tasks, 1)
    }))

  it.live("does what each of its subscribers says", () =>
    Effect.gen(function*() {
      const { ask, publish, sql } = yield* busServer()
      const plan_id = "plan-456"
      yield* publish(
        eventEnvelope({ source: "planner", type: "plan.started", topic: "system-events", data: { plan_id } }),
        // track_task_start
        eventEnvelope({
          source: "planner",
          type: "web.search.requested",
          topic: "action-requests",
          correlation_id: "task-1",
          trace_id: "trace-abc123",
          parent_event_id: "event-1",
          time: time(1),
          data: { plan_id, query: "q" }
        }),
        // track_state_change
        eventEnvelope({
          source: "worker",
          type: "task.state_changed",
          topic: "system-events",
          time: time(2),
          data: { task_id: "task-1", plan_id, previous_state: "pending", new_state: "running", reason: "picked up" }
        }),
        // track_progress
        eventEnvelope({
          source: "worker",
          type: "task.progress",
          topic: "system-events",
          time: time(3),
          data: { task_id: "task-1", plan_id, state: "running", progress: 0.5, message: "Processing document 3 of 6" }
        }),
        // track_task_completion
        eventEnvelope({
          source: "worker",
          type: "web.search.completed",
          topic: "action-results",
          correlation_id: "task-1",
          time: time(4),
          data: { result: { found: 6 } }
        }),
        eventEnvelope({
          source: "worker",
          type: "delegation.started",
          topic: "system-events",
          time: time(2),
          data: { group_id: "group-1", parent_task_id: "task-2", plan_id, total_tasks: 3 }
        }),
        eventEnvelope({
          source: "planner",
          type: "plan.completed",
          topic: "system-events",
          time: time(5),
          data: { plan_id }
        })
      )
      yield* untilCounted(sql, "event_timeline", 7)

      const { text } = yield* ask(`/plans/${plan_id}/tasks`)
      assert.deepInclude(taskOf(text, "task-1"), {
        event_type: "web.search.requested",
        state: "completed",
        started_at: time(1),
        completed_at: time(4),
        duration_seconds: 180,
        progress: 0.5,
        message: "Processing document 3 of 6",
        agent_id: "worker"
      })
      assert.deepInclude(taskOf(text, "task-2"), { state: "delegated" })
      assert.deepInclude(JSON.parse((yield* ask(`/plans/${plan_id}`)).text), {
        status: "completed",
        trace_id: "trace-abc123"
      })
      const transitions =
        yield* sql`SELECT from_state, to_state, reason FROM state_transitions WHERE task_id = 'task-1'`
      assert.deepStrictEqual(transitions, [{ from_state: "pending", to_state: "running", reason: "picked up" }])
    }))
})
