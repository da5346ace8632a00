import type { Plan, Task } from "@durable-effect/tracker-server/api"

const bar = (fraction: number, width = 24) => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return `${"█".repeat(full)}${"░".repeat(width - full)}`
}

/** "62 of 107: effect" says how far a job is over all of its runs; 0 for any other message. */
const fractionOf = ({ message }: Task): number => {
  const [, done = 0, all = 1] = /^(\d+) of (\d+)/.exec(message ?? "") ?? []
  return Number(done) / Number(all)
}

/** One line about a job, from what tracker-server answers about its plan and tasks. */
export const jobLine = (jobName: string, plan: Plan | undefined, tasks: ReadonlyArray<Task>): string => {
  const label = jobName.padEnd(14)
  if (plan === undefined) return `${label} …`
  const latest = tasks.at(-1)
  // A run that has just begun has no message yet: the furthest one tells.
  const fraction = plan.status === "completed" ? 1 : Math.max(0, ...tasks.map(fractionOf))
  const counts = `${plan.completed_tasks}/${plan.task_count} runs`
  const attempt = (latest?.attempt ?? 1) > 1 ? `, attempt ${latest?.attempt}` : ""
  return `${label} ${bar(fraction)} ${plan.status.padEnd(9)} ${counts}${attempt}  ${latest?.message ?? ""}`.trimEnd()
}
