import { Effect } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { findBinaries } from "./binaries.ts"
import { DataDirectoryUnusable, isFull, noSpace, notWritable } from "./DataDirectoryUnusable.ts"
import { freePort } from "./freePort.ts"
import { isAlive } from "./isAlive.ts"
import type { Layout } from "./layout.ts"
import { findPlainUser } from "./plainUser.ts"
import { postgresEnv } from "./postgresEnv.ts"
import { findPostmaster, isPostmaster, type Postmaster } from "./postmaster.ts"

/** PostgreSQL itself removes a dead server's file, except if its id is now another program's. */
const clearReusedPid = (layout: Layout) => {
  if (!fs.existsSync(layout.postmasterPid)) return
  const pid = Number(fs.readFileSync(layout.postmasterPid, "utf8").split("\n")[0])
  if (isAlive(pid) && !isPostmaster(layout, pid)) fs.rmSync(layout.postmasterPid, { force: true })
}

const maxLogBytes = 8 * 1024 * 1024

/** PostgreSQL's log output since the log had this length. */
const saidSince = (layout: Layout, from: number) => fs.readFileSync(layout.log).subarray(from).toString("utf8").trim()

/** Its last message, without time and process id. */
const lastWords = (said: string) => {
  const lines = said.split("\n")
  const last = lines.findLast((line) => /FATAL|PANIC|error/.test(line)) ?? lines.at(-1) ?? ""
  return last.replace(/^.*?(FATAL|PANIC|ERROR|LOG):\s*/, "")
}

/** The port was free a moment ago, when it was chosen. */
const portTaken = /could not create any TCP\/IP sockets/

const settings = (port: number): ReadonlyArray<string> =>
  Object.entries({
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 64,
    timezone: "UTC",
    log_timezone: "UTC",
    // A failed statement's text would put tenant data into the log.
    log_min_error_statement: "panic"
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`])

/** Detached, with its error output in a file of its own: neither our terminal nor our exit affects it. */
const launch = (layout: Layout, [program = "", ...args]: ReadonlyArray<string>) => {
  clearReusedPid(layout)
  const isLong = (fs.statSync(layout.log, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes
  const log = fs.openSync(layout.log, isLong ? "w" : "a")
  const logStart = fs.fstatSync(log).size
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: postgresEnv(),
    cwd: layout.home
  })
  fs.closeSync(log)
  child.unref()
  return { child, logStart }
}

/**
 * Starts PostgreSQL and returns once it accepts connections. It is detached and outlives this process, so that Ctrl-C
 * reaches it only through us, and a killed server leaves a database that the next one adopts.
 */
export const startPostmaster = Effect.fnUntraced(function*(
  layout: Layout,
  options: { readonly port?: number; readonly settings?: ReadonlyArray<string> }
): Effect.fn.Return<Postmaster, DataDirectoryUnusable> {
  const binaries = yield* findBinaries(layout.root)
  const user = yield* findPlainUser(layout)
  const port = options.port ?? (yield* freePort)
  const command = [...user.prefix, binaries.postgres, "-D", layout.data, ...settings(port), ...(options.settings ?? [])]
  const { child, logStart } = yield* Effect.try({
    try: () => launch(layout, command),
    catch: notWritable(layout.root)
  })
  // Only checked while it starts: long afterwards, its files may be gone when it ends.
  let end: (() => string) | undefined
  child.once("error", (error) => {
    end = () => error.message
  })
  child.once("exit", () => {
    end = () => saidSince(layout, logStart)
  })
  const started = Effect.gen(function*() {
    while (true) {
      if (end !== undefined) {
        // Another process was faster: the lock file is PostgreSQL's own proof that it runs.
        const other = findPostmaster(layout)
        if (other !== undefined && other.pid !== child.pid) return other
        const said = end()
        if (isFull(layout.root, said)) return yield* noSpace(layout.root)
        if (options.port === undefined && portTaken.test(said)) return yield* startPostmaster(layout, options)
        return yield* new DataDirectoryUnusable({
          directory: layout.root,
          reason: "damaged",
          detail:
            `PostgreSQL could not start on the data in ${layout.root}: ${
              lastWords(said)
            } (all of it is in ${layout.log}). ` +
            "Restore the folder from a backup, or move it away to start empty."
        })
      }
      const postmaster = findPostmaster(layout)
      if (postmaster !== undefined && postmaster.pid === child.pid && postmaster.state === "ready") return postmaster
      yield* Effect.sleep("20 millis")
    }
  })
  return yield* Effect.onInterrupt(started, () => Effect.sync(() => child.kill("SIGINT")))
})
