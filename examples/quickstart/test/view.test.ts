import type { Plan, Task } from "@durable-effect/tracker-server/api"
import { describe, expect, it } from "vitest"
import { barWidth, instancesLine, jobLine } from "../src/view.ts"

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
  it("draws how many runs are done", () => {
    const line = jobLine("packageAudit", { plan, tasks: [task, task] })
    expect(line).toBe("packageAudit  ████████████░░░░░░░░░░░░ running   1/2 runs")
  })

  it("draws the whole job's progress where its runs tell of it", () => {
    const line = jobLine("auditSummary", { plan, tasks: [task, { ...task, message: "6 of 24" }] })
    expect(line).toBe("auditSummary  ██████░░░░░░░░░░░░░░░░░░ running   1/2 runs  6 of 24")
  })

  it("keeps the progress while the next run has said nothing yet", () => {
    const line = jobLine("auditSummary", { plan, tasks: [{ ...task, message: "6 of 24" }, task] })
    expect(line).toBe("auditSummary  ██████░░░░░░░░░░░░░░░░░░ running   1/2 runs")
  })

  it("says which attempt runs, and why the last one failed", () => {
    const line = jobLine("check", { plan, tasks: [{ ...task, state: "waiting", attempt: 2, message: "no disk" }] })
    expect(line).toMatch(/ 1\/2 runs, attempt 2 {2}no disk$/)
  })

  it("draws nothing for a plan that has no run yet", () => {
    expect(jobLine("findings", { plan: { ...plan, task_count: 0, completed_tasks: 0 }, tasks: [] }))
      .toBe(`findings      ${"░".repeat(24)} running   0/0 runs`)
  })

  it("fills the bar of a plan that is done", () => {
    expect(jobLine("check", { plan: { ...plan, status: "completed" }, tasks: [task] })).toContain("█".repeat(24))
  })

  it("waits for a plan that the server does not know yet", () => {
    expect(jobLine("check", undefined)).toBe("check         …")
  })
})

describe("on a narrow terminal", () => {
  it("the bars are short, so that what stands beside them is seen", () => {
    expect([40, 60, 80, Infinity].map(barWidth)).toEqual([4, 4, 24, 24])
    expect(jobLine("packageAudit", { plan, tasks: [task] }, barWidth(60))).toBe("packageAudit  ██░░ running   1/2 runs")
  })
})

describe("instancesLine", () => {
  const idle: Plan = { ...plan, current_state: "idle" }

  it("counts the instances that wait for nothing but an event", () => {
    const scheduled: Plan = { ...idle, next_run_at: "2026-01-11T10:00:01.000000Z" }
    expect(instancesLine("licenceReview", [idle, scheduled, plan, idle]))
      .toBe("licenceReview ████████████░░░░░░░░░░░░ running   2/4 instances idle  4 runs")
  })

  it("is idle when all of them are", () => {
    expect(instancesLine("licenceReview", [idle])).toBe(
      `licenceReview ${"█".repeat(24)} idle      1/1 instances idle  1 runs`
    )
  })

  it("waits for the first of them", () => {
    expect(instancesLine("licenceReview", [])).toBe("licenceReview …")
  })
})
