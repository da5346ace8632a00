/** The key prefixes of a worker pool's rows, by kind. */
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

/** Waiting events of a task. */
export const backlogKind = "backlog:"

/** All kinds of rows that end with their instance. Dedupe keys outlive it. */
export const kindsOfRows: ReadonlyArray<string> = [backlogKind, ...Object.values(poolKinds)]
