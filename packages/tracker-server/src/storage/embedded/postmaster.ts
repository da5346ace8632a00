import { Effect, Option, Schedule } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { stopBudget } from "../../stopBudget.ts"
import { isAlive } from "./isAlive.ts"
import type { Layout } from "./layout.ts"

/** A PostgreSQL server running on a data directory. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly state: "starting" | "ready" | "stopping"
}

/** The command line of a process; empty if there is none. */
const commandOf = (pid: number): string => {
  try {
    return fs.existsSync("/proc/self")
      ? fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      : execFileSync("ps", ["-ww", "-p", String(pid), "-o", "command="], { encoding: "utf8" })
  } catch {
    return ""
  }
}

const statOf = (path: string) => {
  try {
    return fs.statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}

/**
 * Whether a process works in this data directory, as PostgreSQL does from before it writes its file until it ends. If
 * that cannot be seen, as on macOS or for another user's process, only a different user proves that it does not.
 */
const worksIn = (layout: Layout, pid: number): boolean => {
  const [data, directory] = [statOf(layout.data), statOf(`/proc/${pid}/cwd`)]
  if (data === undefined) return false
  if (directory !== undefined) return directory.dev === data.dev && directory.ino === data.ino
  // Linux shows root as the owner of a process whose user must not look into it.
  const uid = statOf(`/proc/${pid}`)?.uid ?? 0n
  return uid === 0n || uid === data.uid
}

/**
 * Whether a process is the PostgreSQL of this data. After a machine crash, in a new container or in a copy of the
 * directory, the id in its file may be another program's, even another PostgreSQL's.
 */
export const isPostmaster = (layout: Layout, pid: number): boolean =>
  isAlive(pid) && commandOf(pid).includes("postgres") && worksIn(layout, pid)

/** Reads which server runs on this data, from PostgreSQL's own file. */
export const findPostmaster = (layout: Layout): Postmaster | undefined => {
  let lines: ReadonlyArray<string>
  try {
    lines = fs.readFileSync(layout.postmasterPid, "utf8").split("\n")
  } catch {
    return undefined
  }
  const pid = Number(lines[0])
  if (!isPostmaster(layout, pid)) return undefined
  const state = lines[7]?.trim()
  return {
    pid,
    port: Number(lines[3]),
    state: state === "ready" || state === "stopping" ? state : "starting"
  }
}

const runs = (layout: Layout, { pid }: Postmaster) => findPostmaster(layout)?.pid === pid

/**
 * Tells PostgreSQL to stop: SIGINT rolls back open transactions, SIGQUIT does not even do that. Neither loses anything.
 */
export const signalPostmaster = (layout: Layout, postmaster: Postmaster, signal: "SIGINT" | "SIGQUIT"): void => {
  if (runs(layout, postmaster)) process.kill(postmaster.pid, signal)
}

/** Stops PostgreSQL and waits until it is gone: gracefully, or immediately if that takes too long. */
export const stopPostmaster = Effect.fnUntraced(function*(layout: Layout, postmaster: Postmaster) {
  const untilGone = Effect.repeat(Effect.sync(() => runs(layout, postmaster)), {
    while: (runs) => runs,
    schedule: Schedule.spaced("20 millis")
  })
  signalPostmaster(layout, postmaster, "SIGINT")
  const gone = yield* Effect.timeoutOption(untilGone, stopBudget.postgresMs)
  if (Option.isSome(gone)) return
  signalPostmaster(layout, postmaster, "SIGQUIT")
  // A frozen process ignores signals.
  const killed = yield* Effect.timeoutOption(untilGone, stopBudget.postgresKillMs)
  if (Option.isSome(killed)) return
  yield* Effect.logWarning(
    `PostgreSQL (process ${postmaster.pid}) does not stop: it is left as it is, and the next start takes it over`
  )
})
