/** A question that is timed. `path` is of a plan among so many, drawn by a number from 0 to 1. */
export interface Question {
  readonly name: string
  readonly title: string
  readonly path: (drawn: number, plans: number) => string
}

const plan = (drawn: number, plans: number) => `plan-${Math.floor(drawn * plans)}`

/** The least that can be asked of the same server: one statement, which looks for one row by its unique key. */
export const lookup: Question = {
  name: "lookup",
  title: "a look-up",
  path: (drawn) => `/tasks/none-${Math.floor(drawn * 1_000_000)}`
}

/** Those that goals are held against. */
export const questions: ReadonlyArray<Question> = [
  { name: "plan", title: "a plan", path: (drawn, plans) => `/plans/${plan(drawn, plans)}` },
  { name: "tasks", title: "100 tasks", path: (drawn) => `/plans/plan-wide-${Math.floor(drawn * 20)}/tasks` },
  { name: "timeline", title: "100 events", path: (drawn, plans) => `/plans/${plan(drawn, plans)}/timeline` },
  { name: "plans", title: "a page of plans", path: () => "/plans" },
  { name: "metrics", title: "metrics of 7 days", path: (drawn) => `/metrics?agent_id=job-${Math.floor(drawn * 20)}` }
]
