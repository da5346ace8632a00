import type { Plan, Task } from "@durable-effect/tracker-server/api"

const bar = (fraction: number, width = 24) => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return `${"█".repeat(full)}${"░".repeat(width - full)}`
}

/** "62 of 107: effect" says how far a job is over all of its runs. */
const fractionOf = (message: string | undefined): number | undefined => {
  const [, done, all] = /^(\d+) of (\d+)/.exec(message ?? "") ?? []
  return done === undefined || all === undefined ? undefined : Number(done) / Number(all)
}

/** One line about a job, from what tracker-server answers about its plan and tasks. */
export const jobLine = (jobName: string, plan: Plan | undefined, tasks: ReadonlyArray<Task>): string => {
  const label = jobName.padEnd(14)
  if (plan === undefined) return `${label} …`
  const latest = tasks.at(-1)
  const fraction = fractionOf(latest?.message) ?? (plan.status === "completed" ? 1 : 0)
  const counts = `${plan.completed_tasks}/${plan.task_count} runs`
  const attempt = (latest?.attempt ?? 1) > 1 ? `, attempt ${latest?.attempt}` : ""
  return `${label} ${bar(fraction)} ${plan.status.padEnd(9)} ${counts}${attempt}  ${latest?.message ?? ""}`.trimEnd()
}
