import type { Plan } from "./views.ts"

/** A plan of agents that goes on, as an answer shows it. */
export const examplePlan: Plan = {
  plan_id: "plan-123",
  status: "running",
  started_at: "2026-01-11T10:00:00Z",
  task_count: 5,
  completed_tasks: 3,
  failed_tasks: 0,
  current_state: "analyzing",
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  session_id: "session-1",
  parent_plan_id: null,
  goal_event: "research.goal",
  stalled: false
}

/** A plan that the other started. */
export const exampleSubPlan: Plan = {
  ...examplePlan,
  plan_id: "plan-124",
  status: "failed",
  started_at: "2026-01-11T10:02:00Z",
  completed_at: "2026-01-11T10:02:30.250Z",
  task_count: 1,
  completed_tasks: 0,
  failed_tasks: 1,
  parent_plan_id: "plan-123",
  error: { message: "no disk" }
}
