import type { Plan, Task } from "@durable-effect/tracker-server/api"
import { describe, expect, it } from "vitest"
import { jobLine } from "../src/view.ts"

const plan: Plan = {
  plan_id: "p",
  status: "running",
  started_at: "2026-01-11T10:00:00.000000Z",
  task_count: 2,
  completed_tasks: 1,
  failed_tasks: 0,
  current_state: "running",
  trace_id: null,
  session_id: null,
  parent_plan_id: null,
  goal_event: null,
  stalled: false
}
const task: Task = {
  task_id: "t",
  plan_id: "p",
  event_type: "e",
  state: "running",
  started_at: "2026-01-11T10:00:00.000000Z",
  stalled: false
}

describe("jobLine", () => {
  it("draws the whole job's progress from what its runs say", () => {
    const line = jobLine("packageAudit", plan, [task, { ...task, message: "12 of 24: effect" }])
    expect(line).toBe("packageAudit   ████████████░░░░░░░░░░░░ running   1/2 runs  12 of 24: effect")
  })

  it("keeps the progress while the next run has said nothing yet", () => {
    const line = jobLine("packageAudit", plan, [{ ...task, message: "12 of 24: effect" }, task])
    expect(line).toBe("packageAudit   ████████████░░░░░░░░░░░░ running   1/2 runs")
  })

  it("says which attempt runs, and why the last one failed", () => {
    const line = jobLine("check", plan, [{ ...task, state: "waiting", attempt: 2, message: "no disk" }])
    expect(line).toMatch(/ 1\/2 runs, attempt 2 {2}no disk$/)
  })

  it("fills the bar of a plan that is done", () => {
    expect(jobLine("check", { ...plan, status: "completed" }, [task])).toContain("█".repeat(24))
  })

  it("waits for a plan that the server does not know yet", () => {
    expect(jobLine("check", undefined, [])).toBe("check          …")
  })
})
