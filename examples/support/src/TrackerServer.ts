import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { ProgramNotStarted, startProgram, untilItSays } from "./Program.ts"

const main = fileURLToPath(new URL("../../../packages/tracker-server/src/main.ts", import.meta.url))

/** What a person may have set for a server of their own; an empty variable counts as not given. */
const unset = Object.fromEntries(
  ["DATABASE_URL", "NATS_URL", ...Object.keys(process.env).filter((name) => name.startsWith("TRACKER_"))]
    .map((name) => [name, ""])
)

/** Where a server is, and a key for it. */
export interface TrackerServer {
  readonly url: string
  readonly apiKey: string
}

/**
 * Starts tracker-server as a process of its own on a free port, its PostgreSQL in `dataDirectory`, and stops both when
 * the scope closes.
 * @param env its settings beside those, by their names in the environment
 */
export const startTrackerServer = Effect.fn("startTrackerServer")(
  function*(dataDirectory: string, env: { readonly [name: string]: string } = {}) {
    const flags = ["--host", "127.0.0.1", "--port", "0", "--data-dir", dataDirectory, "--log-level", "warn"]
    const server = yield* startProgram(main, { args: ["start", ...flags], env: { ...unset, ...env } })
    const url = yield* untilItSays(server, /http:\/\/[\w.:[\]]+/)
    const apiKey = yield* Effect.tryPromise({
      try: () => readFile(join(dataDirectory, "api-key"), "utf8"),
      catch: (cause) => new ProgramNotStarted({ message: `${dataDirectory}/api-key cannot be read: ${String(cause)}` })
    })
    return { url, apiKey: apiKey.trim() }
  }
)
