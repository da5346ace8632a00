import { Deferred, Effect, Option, Redacted, Schedule, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inject } from "vitest"
import { database, layoutOf, superuser } from "../../src/storage/embedded/layout.ts"
import { findPostmaster } from "../../src/storage/embedded/postmaster.ts"
import { Changes } from "../support/Changes.ts"

/** The command line from its source: what stands before the arguments. */
export const fromSource: ReadonlyArray<string> = [
  process.execPath,
  "--conditions=source",
  fileURLToPath(new URL("../../src/main.ts", import.meta.url))
]

/** The same as it is published, which starts sooner. */
export const bundled = (): ReadonlyArray<string> => [process.execPath, inject("serverProgram")]

/** For tests that start Node, and PostgreSQL, several times each: a busy machine takes its time for that. */
export const slow = { timeout: 120_000 }

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** One run of the command line as a process of its own. */
export interface TrackerProcess {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
  /** Its URL, once it has printed the line that says it is ready. */
  readonly url: Effect.Effect<string>
  /** Ends once this is among what it has printed, on standard output or beside. */
  readonly said: (text: string) => Effect.Effect<void>
  readonly stdout: () => string
  readonly stderr: () => string
}

const launch = (
  [command = "", ...args]: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
): ChildProcess =>
  spawn(command, args, {
    // Nothing of what this machine happens to have set may reach the server, but where compiled code is kept.
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: "/nonexistent",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
      ...env
    },
    stdio: ["ignore", "pipe", "pipe"]
  })

/** Starts the command line; it is stopped when the scope closes. */
export const startProcess = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  program: ReadonlyArray<string> = bundled()
): Effect.Effect<TrackerProcess, never, Scope.Scope> =>
  Effect.gen(function*() {
    const ended = yield* Deferred.make<Ended>()
    const url = yield* Deferred.make<string>()
    const changes = new Changes()
    let stdout = ""
    let stderr = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch([...program, ...args], env)),
      (child) =>
        Effect.suspend(() => {
          child.kill("SIGTERM")
          return Deferred.await(ended)
        })
    )
    child.stdout?.on("data", (chunk) => {
      stdout += String(chunk)
      changes.note()
      const [, found] = / is ready at (\S+) /.exec(stdout) ?? []
      if (found !== undefined) Deferred.doneUnsafe(url, Effect.succeed(found))
    })
    child.stderr?.on("data", (chunk) => {
      stderr += String(chunk)
      changes.note()
    })
    child.once("close", (code) => {
      Deferred.doneUnsafe(url, Effect.die(new Error(`ended before it was ready: ${stdout}${stderr}`)))
      Deferred.doneUnsafe(ended, Effect.succeed({ code: code ?? undefined, stdout, stderr }))
    })
    return {
      pid: child.pid ?? 0,
      kill: (signal) => Effect.sync(() => void child.kill(signal)),
      ended: Deferred.await(ended),
      url: Deferred.await(url),
      said: (text) => changes.until(() => (stdout + stderr).includes(text)),
      stdout: () => stdout,
      stderr: () => stderr
    }
  })

/** Runs the command line to its end. */
export const runProcess = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  program: ReadonlyArray<string> = bundled()
): Effect.Effect<Ended> => Effect.scoped(Effect.flatMap(startProcess(args, env, program), ({ ended }) => ended))

/** A folder that is not there yet, for a server's data; whatever is left in it goes when the scope closes. */
export const dataDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tracker-cli-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => join(folder, "data")
)

/** The process id of the PostgreSQL that runs on a data directory. */
export const postgresPid = (directory: string): Option.Option<number> =>
  Option.map(Option.fromUndefinedOr(findPostmaster(layoutOf(directory))), ({ pid }) => pid)

/** A superuser's URL of the PostgreSQL that runs on a data directory. */
export const postgresUrl = (directory: string): Redacted.Redacted => {
  const layout = layoutOf(directory)
  const { port } = Option.getOrThrow(Option.fromUndefinedOr(findPostmaster(layout)))
  return Redacted.make(
    `postgres://${superuser}:${readFileSync(layout.password, "utf8")}@127.0.0.1:${port}/${database}`
  )
}

export const firstKey = (directory: string): string => {
  const file = layoutOf(directory).apiKey
  return existsSync(file) ? readFileSync(file, "utf8").trim() : ""
}

export const getStatus = (url: string, secret?: string): Effect.Effect<number> =>
  Effect.promise(async () => {
    const answer = await fetch(url, secret === undefined ? {} : { headers: { authorization: `Bearer ${secret}` } })
    await answer.arrayBuffer()
    return answer.status
  })

/** Asks until it is answered so. */
export const untilStatus = (status: number, url: string, secret?: string): Effect.Effect<number> =>
  Effect.repeat(getStatus(url, secret), {
    until: (answered) => answered === status,
    schedule: Schedule.spaced("20 millis")
  })
