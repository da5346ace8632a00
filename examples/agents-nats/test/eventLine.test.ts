import type { StreamEvent } from "@durable-effect/tracker-server/api"
import { expect, it } from "vitest"
import { eventLine } from "../src/eventLine.ts"

const event: StreamEvent = {
  plan_id: "index-1",
  event_id: "e",
  event_type: "plan.started",
  timestamp: "2026-01-11T10:00:00.123456Z",
  parent_event_id: null,
  topic: "system-events",
  source: "planner",
  received_at: "2026-01-11T10:00:00.200000Z",
  superseded: false,
  data: { current_state: "splitting" }
}

it("tells an event of a plan, and one of a task, in the same columns", () => {
  const progress = { progress: 0.5, message: "half" }
  expect([event, { ...event, event_type: "task.progress", task_id: "index-1:split", data: progress }].map(eventLine))
    .toEqual([
      "10:00:00.123 planner    plan.started                 splitting",
      "10:00:00.123 planner    task.progress                split ██████░░░░░░ half"
    ])
})
