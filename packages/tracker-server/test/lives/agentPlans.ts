import { boom, type Course, eventIdOf, farAway, range, type Story, timesOf } from "./Story.ts"

type Said = readonly [type: string, data: object, attributes?: object]

const change = (task_id: string, plan_id: string, previous_state: string, new_state: string): Said => [
  "task.state_changed",
  { task_id, plan_id, previous_state, new_state, reason: "as asked" }
]

/** The last task is tried as often as the course has failures: what went wrong is reported, and it waits. */
const tries = (task_id: string, plan_id: string, count: number): ReadonlyArray<Said> =>
  range(count).flatMap((n) => [
    ["task.progress", { task_id, plan_id, state: "running", progress: n / 8, message: `try ${n}` }] as const,
    change(task_id, plan_id, "running", "waiting")
  ])

/** An agent's plan: a planner asks workers, one of whom splits its task, all report, and the planner ends the plan. */
export const agentPlan = (
  names: { readonly planId: string; readonly planner: string; readonly worker: string; readonly sessionId: string },
  course: Course
): Story => {
  const { ending, failures, traceId, units } = course
  const { planId, planner, sessionId, worker } = names
  const taskId = (unit: number) => `${planId}/task-${unit}`
  const group = `${planId}/group`
  const last = taskId(units)
  const asked = (unit: number, attributes: object): Said => [
    "web.search.requested",
    {
      plan_id: planId,
      assigned_to: worker,
      deadline: farAway,
      query: `question ${unit}`,
      ...(unit === 1 ? {} : { delegation_group_id: group })
    },
    { topic: "action-requests", correlation_id: taskId(unit), ...attributes }
  ]
  const answered = (unit: number, data: object): Said => [
    "web.search.completed",
    { plan_id: planId, ...data },
    { topic: "action-results", correlation_id: taskId(unit), source: worker }
  ]
  const isDone = ending === "running" || ending === "completed"
  const said: ReadonlyArray<Said> = [
    ["research.goal", { goal: "find out" }, { topic: "business-facts" }],
    ["plan.started", { plan_id: planId, goal_event: "research.goal", current_state: "planning" }],
    asked(1, {}),
    change(taskId(1), planId, "pending", "running"),
    ["delegation.started", { group_id: group, parent_task_id: taskId(1), plan_id: planId, total_tasks: units - 1 }],
    ...range(units).slice(1).map((unit) => asked(unit, {})),
    ...range(units - 1).flatMap((unit) => [
      ["task.progress", { task_id: taskId(unit), planId, state: "running", progress: 0.5 }, {
        source: worker
      }] as const,
      answered(unit, { result: { found: unit } })
    ]),
    ["plan.state_changed", { plan_id: planId, new_state: "analyzing" }],
    ...tries(last, planId, failures),
    ...(isDone ? [answered(units, { success: true, result: "all" })] : []),
    ...(ending === "failed" ? [answered(units, { error: boom })] : []),
    ...(ending === "running" ? [] : [
      [`plan.${ending}`, { plan_id: planId, current_state: "done", ...(isDone ? {} : { error: boom }) }] as const
    ])
  ]
  const times = timesOf(course, said.length, 1)
  return {
    planId,
    status: ending,
    tasks: range(units).map((unit) => ({
      taskId: taskId(unit),
      state: unit < units || isDone ? "completed" : ending === "failed" ? "failed" : "cancelled"
    })),
    events: said.map(([type, data, attributes], i) => ({
      id: eventIdOf(planId, i),
      source: planner,
      specversion: "1.0",
      type,
      topic: "system-events",
      time: times[i],
      trace_id: traceId,
      session_id: sessionId,
      ...(i === 0 ? {} : { parent_event_id: eventIdOf(planId, 0) }),
      data,
      ...attributes
    }))
  }
}
