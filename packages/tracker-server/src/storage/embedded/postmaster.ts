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
export const commandOf = (pid: number): string => {
  try {
    return fs.existsSync("/proc/self")
      ? fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      : execFileSync("ps", ["-ww", "-p", String(pid), "-o", "command="], { encoding: "utf8" })
  } catch {
    return ""
  }
}

/** Reads which server runs on this data, from PostgreSQL's own file. */
export const findPostmaster = (layout: Layout): Postmaster | undefined => {
  let lines: ReadonlyArray<string>
  try {
    lines = fs.readFileSync(layout.postmasterPid, "utf8").split("\n")
  } catch {
    return undefined
  }
  const pid = Number(lines[0])
  // After a machine crash, or in a new container, the id may now be another program's.
  if (!isAlive(pid) || !commandOf(pid).includes("postgres")) return undefined
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
