import { Effect, Schedule } from "effect"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import { findBinaries } from "./binaries.ts"
import { DataDirectoryUnusable } from "./DataDirectoryUnusable.ts"
import { freePort } from "./freePort.ts"
import { isAlive } from "./isAlive.ts"
import type { Layout } from "./layout.ts"
import { findPlainUser } from "./plainUser.ts"
import { postgresEnv } from "./postgresEnv.ts"

/** A PostgreSQL server that runs on a data directory. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly state: "starting" | "ready" | "stopping"
}

const commandOf = (pid: number) => {
  try {
    return fs.existsSync("/proc/self")
      ? fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      : execFileSync("ps", ["-ww", "-p", String(pid), "-o", "command="], { encoding: "utf8" })
  } catch {
    return ""
  }
}

/** Reads who runs on this data, from the file that PostgreSQL itself keeps. */
export const findPostmaster = (layout: Layout): Postmaster | undefined => {
  let lines: ReadonlyArray<string>
  try {
    lines = fs.readFileSync(layout.postmasterPid, "utf8").split("\n")
  } catch {
    return undefined
  }
  const pid = Number(lines[0])
  // After a crash of the machine, or in a new container, the id may be another program's by now.
  if (!isAlive(pid) || !commandOf(pid).includes("postgres")) return undefined
  const state = lines[7]?.trim()
  return {
    pid,
    port: Number(lines[3]),
    state: state === "ready" || state === "stopping" ? state : "starting"
  }
}

/** PostgreSQL clears the file of a dead server itself, but not when the id has become another program's. */
const clearReusedPid = (layout: Layout) => {
  if (!fs.existsSync(layout.postmasterPid)) return
  const pid = Number(fs.readFileSync(layout.postmasterPid, "utf8").split("\n")[0])
  if (isAlive(pid) && !commandOf(pid).includes("postgres")) fs.rmSync(layout.postmasterPid, { force: true })
}

const maxLogBytes = 8 * 1024 * 1024

/** What PostgreSQL said last, without time and process id. */
const lastWords = (layout: Layout, from: number) => {
  const lines = fs.readFileSync(layout.log).subarray(from).toString("utf8").trim().split("\n")
  const said = lines.findLast((line) => /FATAL|PANIC|error/.test(line)) ?? lines.at(-1) ?? ""
  return said.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, "")
}

const settings = (port: number): ReadonlyArray<string> =>
  Object.entries({
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 64,
    timezone: "UTC",
    log_timezone: "UTC",
    // A failed statement's text would put tenants' data into the log.
    log_min_error_statement: "panic"
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`])

/**
 * Starts PostgreSQL and answers once it takes connections. It is detached: it outlives this process, so that a Ctrl-C
 * reaches it through us alone and a killed server leaves a database that the next one adopts.
 */
export const startPostmaster = Effect.fnUntraced(function*(
  layout: Layout,
  options: { readonly port?: number; readonly settings?: ReadonlyArray<string> }
): Effect.fn.Return<Postmaster, DataDirectoryUnusable> {
  const binaries = yield* findBinaries(layout.root)
  const user = yield* findPlainUser(layout)
  const port = options.port ?? (yield* freePort)
  clearReusedPid(layout)
  const log = fs.openSync(
    layout.log,
    (fs.statSync(layout.log, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes ? "w" : "a"
  )
  const logStart = fs.fstatSync(log).size
  const [command = "", ...args] = [
    ...user.prefix,
    binaries.postgres,
    "-D",
    layout.data,
    ...settings(port),
    ...(options.settings ?? [])
  ]
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: postgresEnv(),
    cwd: layout.home
  })
  fs.closeSync(log)
  let ended: string | undefined
  child.once("error", (error) => {
    ended = error.message
  })
  child.once("exit", () => {
    ended = lastWords(layout, logStart)
  })
  child.unref()
  while (true) {
    if (ended !== undefined) {
      // Another process was faster: the lock file is PostgreSQL's own proof that it runs.
      const other = findPostmaster(layout)
      if (other !== undefined && other.pid !== child.pid) return other
      return yield* new DataDirectoryUnusable({
        directory: layout.root,
        reason: "damaged",
        detail: `PostgreSQL could not start on the data in ${layout.root}: ${ended} (all of it is in ${layout.log}). ` +
          "Restore the folder from a backup, or move it away to start empty."
      })
    }
    const postmaster = findPostmaster(layout)
    if (postmaster !== undefined && postmaster.pid === child.pid && postmaster.state === "ready") return postmaster
    yield* Effect.sleep("20 millis")
  }
})

/** Stops PostgreSQL after its open transactions were rolled back; at once when that takes longer than 4 s. Loses nothing either way. */
export const stopPostmaster = Effect.fnUntraced(function*(layout: Layout, { pid }: Postmaster) {
  const runs = () => findPostmaster(layout)?.pid === pid
  const signal = (name: NodeJS.Signals) => Effect.sync(() => runs() && process.kill(pid, name))
  const gone = Effect.sync(() => !runs())
  const untilGone = Effect.repeat(gone, { until: (gone) => gone, schedule: Schedule.spaced("20 millis") })
  yield* signal("SIGINT")
  yield* untilGone.pipe(
    Effect.timeoutOption("4 seconds"),
    Effect.flatMap((answer) => answer._tag === "Some" ? Effect.void : Effect.andThen(signal("SIGQUIT"), untilGone))
  )
})
