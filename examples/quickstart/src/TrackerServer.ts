import { Effect, Fiber, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export class ServerNotStarted extends Schema.TaggedError<ServerNotStarted>()("ServerNotStarted", {
  message: Schema.String
}) {}

const main = fileURLToPath(new URL("../../../packages/tracker-server/src/main.ts", import.meta.url))
const endWithParent = new URL("endWithParent.ts", import.meta.url).href

/** What a person may have set for a server of their own; an empty variable counts as not given. */
const unset = Object.fromEntries(
  ["DATABASE_URL", ...Object.keys(process.env).filter((name) => name.startsWith("TRACKER_"))].map((name) => [name, ""])
)

/**
 * Starts tracker-server as a process of its own on a free port, its PostgreSQL in `dataDirectory`, and stops both when
 * the scope closes. It gets a process group of its own, so that Ctrl-C reaches it through us alone and once;
 * should we be killed, it ends by itself.
 */
export const startTrackerServer = Effect.fn("startTrackerServer")(function*(dataDirectory: string) {
  const flags = ["--host", "127.0.0.1", "--port", "0", "--data-dir", dataDirectory, "--log-level", "warn"]
  const server = yield* ChildProcess.make(
    process.execPath,
    [...process.execArgv, "--import", endWithParent, main, "start", ...flags],
    { detached: true, killSignal: "SIGTERM", forceKillAfter: "15 seconds", extendEnv: true, env: unset }
  ).pipe(Effect.mapError(({ message }) => new ServerNotStarted({ message })))

  const lines = (stream: typeof server.stdout) => stream.pipe(Stream.decodeText(), Stream.splitLines, Stream.orDie)
  const complaints = yield* lines(server.stderr).pipe(Stream.runCollect, Effect.forkScoped)
  const url = yield* lines(server.stdout).pipe(
    Stream.map((line) => /http:\/\/[\w.:[\]]+/.exec(line)?.[0]),
    Stream.filter((found) => found !== undefined),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
    Effect.catch(() =>
      Effect.flatMap(
        Fiber.join(complaints),
        (said) =>
          Effect.fail(
            new ServerNotStarted({ message: Array.from(said).join("\n").trim() || "tracker-server ended at once" })
          )
      )
    )
  )
  const apiKey = yield* Effect.tryPromise({
    try: () => readFile(join(dataDirectory, "api-key"), "utf8"),
    catch: (cause) => new ServerNotStarted({ message: `${dataDirectory}/api-key cannot be read: ${String(cause)}` })
  })
  return { url, apiKey: apiKey.trim() }
})
