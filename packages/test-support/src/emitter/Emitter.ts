import { Deferred, Effect, Exit, type Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export interface EmitterOptions {
  /** URL of the endpoint. */
  readonly endpoint: string
  readonly transport: "node:http" | "fetch" | "HttpClient"
  /** Number of events to emit. */
  readonly events: number
  /** Maximum duration of a stop, milliseconds. */
  readonly shutdownTimeoutMs: number
}

/** A line of its output. */
export type EmitterReport = { readonly pending: number } | { readonly lost: number; readonly reason: string }

/** A real process with a tracker whose events are pending until it ends. */
export interface Emitter {
  /** Resolves to the number of pending events once all are emitted. */
  readonly pending: Effect.Effect<number>
  readonly signal: (signal: "SIGTERM" | "SIGINT") => Effect.Effect<void>
  /** Resolves when the process is gone. */
  readonly ended: Effect.Effect<
    { readonly code: number | null; readonly signal: string | null; readonly lost: Readonly<Record<string, number>> }
  >
}

const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url))

/** Starts an emitter, which ends with the scope. */
export const startEmitter = Effect.fnUntraced(function*(
  options: EmitterOptions
): Effect.fn.Return<Emitter, never, Scope.Scope> {
  const pending = Deferred.makeUnsafe<number>()
  const ended = Deferred.makeUnsafe<{ readonly code: number | null; readonly signal: string | null }>()
  const lost: Record<string, number> = {}
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--conditions=source", main, JSON.stringify(options)], {
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) =>
      Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        Deferred.await(ended)
      )
  )
  createInterface({ input: child.stdout }).on("line", (line) => {
    // Effect's own log uses the same stream.
    if (!line.startsWith("{")) return
    const report: EmitterReport = JSON.parse(line)
    if ("pending" in report) Deferred.doneUnsafe(pending, Exit.succeed(report.pending))
    else lost[report.reason] = (lost[report.reason] ?? 0) + report.lost
  })
  child.on("close", (code, signal) => {
    Deferred.doneUnsafe(ended, Exit.succeed({ code, signal }))
    Deferred.doneUnsafe(pending, Exit.die(new Error(`the emitter ended by ${signal ?? `exit code ${code}`}`)))
  })
  return {
    pending: Deferred.await(pending),
    signal: (signal) => Effect.sync(() => child.kill(signal)),
    ended: Effect.map(Deferred.await(ended), (end) => ({ ...end, lost }))
  }
})
