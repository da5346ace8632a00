/** What the keys of a worker pool's rows begin with, by kind. */
export const poolKinds = {
  ready: "ready:",
  behind: "part:",
  head: "head:",
  retry: "retry:",
  run: "run:",
  item: "item:",
  dead: "dead:",
  tally: "tally:"
} as const

/** Events of a task that wait. */
export const backlogKind = "backlog:"

/** All kinds of rows that end with their instance. Dedupe keys outlive it. */
export const kindsOfRows: ReadonlyArray<string> = [backlogKind, ...Object.values(poolKinds)]
