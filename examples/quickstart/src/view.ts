import type { Plan, Task } from "@durable-effect/tracker-server/api"

/** What tracker-server answers about an instance of a job. */
export interface Answer {
  readonly plan: Plan
  readonly tasks: ReadonlyArray<Task>
}

const longestBar = 24

/** Cells of a bar, so that what stands beside it is seen on narrow terminals too. */
export const barWidth = (width: number): number => Math.max(4, Math.min(longestBar, width - 56))

const bar = (fraction: number, width: number) => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return `${"█".repeat(full)}${"░".repeat(width - full)}`
}

/** "62 of 107" says how far a job is over all of its runs; undefined for any other message. */
const fractionOf = ({ message }: Task): number | undefined => {
  const [, done, all] = /^(\d+) of (\d+)/.exec(message ?? "") ?? []
  return done === undefined ? undefined : Number(done) / Number(all)
}

/** How far a plan is: what its runs say, else how many of them are done. */
const progressOf = ({ plan, tasks }: Answer): number => {
  if (plan.status === "completed") return 1
  const said = tasks.flatMap((task) => fractionOf(task) ?? [])
  // A run that has just begun has no message yet: the furthest one tells.
  return said.length > 0 ? Math.max(...said) : plan.completed_tasks / Math.max(1, plan.task_count)
}

const line = (jobName: string, bar: string, status: string, ...facts: ReadonlyArray<string>) =>
  `${jobName.padEnd(13)} ${bar} ${status.padEnd(9)} ${facts.filter((fact) => fact !== "").join("  ")}`

/** One line about a job with one instance. */
export const jobLine = (jobName: string, answer: Answer | undefined, width = longestBar): string => {
  if (answer === undefined) return `${jobName.padEnd(13)} …`
  const { plan, tasks } = answer
  const latest = tasks.at(-1)
  const attempt = (latest?.attempt ?? 1) > 1 ? `, attempt ${latest?.attempt}` : ""
  const runs = `${plan.completed_tasks}/${plan.task_count} runs${attempt}`
  return line(jobName, bar(progressOf(answer), width), plan.status, runs, latest?.message ?? "")
}

/** A task waits for its next event, and for nothing else. */
const isIdle = ({ current_state, next_run_at }: Plan) => current_state === "idle" && next_run_at === undefined

/** One line about a job with an instance for each thing that it is about. */
export const instancesLine = (jobName: string, plans: ReadonlyArray<Plan>, width = longestBar): string => {
  if (plans.length === 0) return `${jobName.padEnd(13)} …`
  const idle = plans.filter(isIdle).length
  const runs = plans.reduce((sum, { completed_tasks }) => sum + completed_tasks, 0)
  return line(
    jobName,
    bar(idle / plans.length, width),
    idle === plans.length ? "idle" : "running",
    `${idle}/${plans.length} instances idle`,
    `${runs} runs`
  )
}
