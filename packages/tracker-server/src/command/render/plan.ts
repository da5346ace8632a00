import type { Plan } from "../../api/views.ts"
import { coloured, stateColour } from "./colour.ts"
import { errorText } from "./error.ts"
import { type Cell, inLines, records } from "./records.ts"
import { cells, harmless } from "./text.ts"
import { duration, instant, secondsBetween, whenSeen } from "./time.ts"
import type { View } from "./View.ts"

const bar = (done: number, failed: number, all: number, view: View): string => {
  const length = Math.min(24, Math.max(8, view.width - 40))
  const [full, broken] = [done, failed].map((count) => all === 0 ? 0 : Math.floor(count / all * length))
  const [ended = 0, bad = 0] = [full, broken]
  return coloured(view, "green", "█".repeat(ended)) + coloured(view, "red", "█".repeat(bad)) +
    "░".repeat(length - ended - bad)
}

const statusOf = ({ stalled, status }: Plan): string => stalled ? `${status}, stalled` : status

/** One plan: its state, and everything known about it. */
export const planLines = (plan: Plan, view: View): ReadonlyArray<string> => {
  const { completed_tasks, failed_tasks, task_count } = plan
  const counts = `${completed_tasks}/${task_count} tasks${failed_tasks === 0 ? "" : `, ${failed_tasks} failed`}`
  const took = plan.started_at !== null && plan.completed_at !== undefined
    ? duration(secondsBetween(plan.started_at, plan.completed_at))
    : undefined
  const facts: ReadonlyArray<readonly [name: string, value: string | null | undefined]> = [
    ["started", plan.started_at && whenSeen(plan.started_at, view.nowMs)],
    ["completed", plan.completed_at && whenSeen(plan.completed_at, view.nowMs)],
    ["took", took],
    ["next run", plan.next_run_at && whenSeen(plan.next_run_at, view.nowMs)],
    ["progress", plan.progress === undefined ? undefined : `${Math.round(plan.progress * 100)} %`],
    ["state", plan.current_state],
    ["goal", plan.goal_event],
    ["session", plan.session_id],
    ["parent", plan.parent_plan_id],
    ["trace", plan.trace_id],
    ["error", plan.error === undefined ? undefined : errorText(plan.error)]
  ]
  const width = 9
  return [
    coloured(view, "bold", harmless(plan.plan_id)),
    `  ${coloured(view, plan.stalled ? "red" : stateColour[plan.status], statusOf(plan))}  ${
      bar(completed_tasks, failed_tasks, task_count, view)
    }  ${counts}`,
    ...facts.flatMap(([name, value]) => {
      if (value === null || value === undefined || value === "") return []
      const words = harmless(value).split(" ")
      const label = `  ${coloured(view, "dim", name.padEnd(width))}`
      const beside = view.width - width - 4
      // An id that does not fit beside its name goes below it.
      if (words.some((word) => cells(word) > beside)) {
        return [label.trimEnd(), ...inLines(words, view.width - 4, " ").map((line) => `    ${line}`)]
      }
      return inLines(words, beside, " ").map((line, index) => `${index === 0 ? label : " ".repeat(width + 2)}  ${line}`)
    })
  ]
}

const columns = [
  { name: "PLAN" },
  { name: "STATUS" },
  { name: "TASKS", isNumber: true },
  { name: "FAILED", isNumber: true },
  { name: "STARTED" },
  { name: "GOAL" },
  { name: "SESSION" }
]

/** Plans, one per line, and whether there are more. */
export const plansLines = (plans: ReadonlyArray<Plan>, view: View, hasMore = false): ReadonlyArray<string> =>
  plans.length === 0 ? ["There are no such plans."] : [
    ...records(
      columns,
      plans.map((plan): ReadonlyArray<Cell> => [
        { text: plan.plan_id },
        { text: statusOf(plan), colour: plan.stalled ? "red" : stateColour[plan.status] },
        { text: `${plan.completed_tasks}/${plan.task_count}` },
        { text: String(plan.failed_tasks) },
        { text: plan.started_at === null ? "–" : instant(plan.started_at) },
        { text: plan.goal_event ?? "" },
        { text: plan.session_id ?? "" }
      ]),
      view
    ),
    ...(hasMore ? [coloured(view, "dim", "There are older ones: --limit.")] : [])
  ]
