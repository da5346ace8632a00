import { randomBytes } from "node:crypto"

/** What agents ask of each other, step by step. */
const steps = ["web.search", "document.read", "text.summarize", "fact.check", "report.write"]

const traceId = () => randomBytes(16).toString("hex")

/**
 * What agents say on their bus about plans, as envelopes: a plan asks for a task, whose agent says that it runs, how far it
 * is, and what came of it; one task in ten fails. `at` gives the instant of the nth of a plan's `count` events.
 */
export const agentPlan = (plan: number, idOf: () => string, at: (nth: number, count: number) => string) => {
  const plan_id = idOf()
  const trace_id = traceId()
  const session_id = `session-${plan % 50}`
  const common = { specversion: "1.0", trace_id, session_id, plan_id }
  const drafts: Array<object> = []
  const say = (draft: { readonly type: string; readonly data: object; readonly [attribute: string]: unknown }) => {
    const id = idOf()
    drafts.push({ id, source: "planner", topic: "system-events", ...common, ...draft })
    return id
  }
  const parent_event_id = say({
    type: "plan.started",
    data: { plan_id, session_id, goal_event: "research.goal", current_state: "planning" }
  })
  const tasks = 2 + plan % 4
  for (let task = 0; task < tasks; task++) {
    const step = steps[(plan + task) % steps.length] ?? ""
    const task_id = idOf()
    const source = `${step.replace(".", "-")}-agent`
    const ofTask = { source, correlation_id: task_id }
    const isFailure = (plan * 7 + task) % 10 === 0
    const request = say({
      type: `${step}.requested`,
      topic: "action-requests",
      parent_event_id,
      correlation_id: task_id,
      data: { plan_id, action_id: task_id, assigned_to: source, query: `what is known of subject ${plan}`, limit: 20 }
    })
    say({
      type: "task.state_changed",
      ...ofTask,
      parent_event_id: request,
      data: { task_id, plan_id, previous_state: "pending", new_state: "running", reason: "an agent took it" }
    })
    for (const progress of [0.25, 0.5, 0.75]) {
      say({
        type: "task.progress",
        ...ofTask,
        parent_event_id: request,
        data: { task_id, plan_id, state: "running", progress, message: `Processing document ${progress * 20} of 20` }
      })
    }
    say({
      type: `${step}.${isFailure ? "failed" : "completed"}`,
      ...ofTask,
      topic: "action-results",
      parent_event_id: request,
      data: isFailure
        ? { action_id: task_id, success: false, error: { message: "the source did not answer in time" } }
        : { action_id: task_id, success: true, result: { documents: 20, summary: "twenty sources agree. ".repeat(8) } }
    })
  }
  say({ type: "plan.completed", data: { plan_id, current_state: "done", result: { tasks } } })
  return drafts.map((draft, nth) => ({ ...draft, time: at(nth, drafts.length) }))
}
