import { EmbeddedPostgres, migrate, PgConnection } from "@durable-effect/tracker-server"
import { Effect, type Redacted, Schedule, type Scope } from "effect"
import { spawnSync } from "node:child_process"
import { layoutOf } from "../../src/storage/embedded/layout.ts"
import { findPostmaster, stopPostmaster } from "../../src/storage/embedded/postmaster.ts"
import { startPostmaster } from "../../src/storage/embedded/startPostmaster.ts"
import { dataDirectory } from "../cli/TrackerProcess.ts"

/** A migrated PostgreSQL that belongs to one test alone, which may do to it what outages do. */
export interface OwnPostgres {
  readonly url: Redacted.Redacted
  /** Its processes do nothing any more and hold what they have, until `thaw`. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  /** Ends it: SIGINT in order, SIGQUIT at once, SIGKILL without its knowing. Ends once it is gone. */
  readonly end: (signal: "SIGINT" | "SIGQUIT" | "SIGKILL") => Effect.Effect<void>
  /** Starts it again on the same port and data. */
  readonly start: Effect.Effect<void, unknown, Scope.Scope>
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" }).stdout.split("\n").filter((line) => line !== "").map(
    Number
  )

/** The next try of what has to wait for processes to end. */
const soon = Schedule.spaced("20 millis")

/** A PostgreSQL of one's own until the scope closes. It does not wait for the disk: machines do not crash here. */
export const ownPostgres = Effect.gen(function*() {
  const directory = yield* dataDirectory
  const layout = layoutOf(directory)
  const settings = ["-c", "fsync=off"]
  const { url } = yield* EmbeddedPostgres.open({ directory, role: "command", settings })
  yield* migrate().pipe(Effect.provide(PgConnection.layer({ url })))
  const port = findPostmaster(layout)?.port ?? 0
  /** The one that lets clients in comes last, so that no process is left out. */
  const signalAll = (signal: "SIGSTOP" | "SIGCONT") =>
    Effect.sync(() => {
      const pid = findPostmaster(layout)?.pid
      if (pid === undefined) return
      if (signal === "SIGSTOP") process.kill(pid, signal)
      for (const child of childrenOf(pid)) process.kill(child, signal)
      if (signal === "SIGCONT") process.kill(pid, signal)
    })
  const thaw = signalAll("SIGCONT")
  yield* Effect.addFinalizer(() => Effect.ignoreCause(thaw))
  const own: OwnPostgres = {
    url,
    freeze: signalAll("SIGSTOP"),
    thaw,
    end: (signal) =>
      Effect.suspend(() => {
        const pid = findPostmaster(layout)?.pid ?? 0
        process.kill(pid, signal)
        return Effect.repeat(Effect.sync(() => findPostmaster(layout)?.pid === pid), {
          while: (runs) => runs,
          schedule: soon
        })
      }).pipe(Effect.asVoid),
    start: Effect.gen(function*() {
      // After SIGKILL the old one's children may still be there for a moment.
      const postmaster = yield* Effect.retry(startPostmaster(layout, { port, settings }), {
        schedule: soon,
        times: 500
      })
      yield* Effect.addFinalizer(() => stopPostmaster(layout, postmaster))
    })
  }
  return own
})
