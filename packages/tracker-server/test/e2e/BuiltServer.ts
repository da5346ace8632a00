import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { startProcess, type TrackerProcess } from "../cli/TrackerProcess.ts"

const inRoot = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))

/** The server as it is published: compiled to JavaScript, started without the condition that finds our TypeScript. */
export class BuiltServer extends Context.Service<BuiltServer, {
  readonly start: (directory: string) => Effect.Effect<TrackerProcess, never, Scope.Scope>
  /** On a database of its own choice, at any free port. */
  readonly startOn: (databaseUrl: Redacted.Redacted) => Effect.Effect<TrackerProcess, never, Scope.Scope>
}>()("test/BuiltServer") {
  static readonly layer = Layer.effect(
    BuiltServer,
    Effect.sync(() => {
      execFileSync(inRoot("node_modules/.bin/tsc"), ["-b", inRoot("packages/tracker-server")])
      const program = [process.execPath, inRoot("packages/tracker-server/dist/main.js")]
      const start = ["start", "--port", "0"]
      return {
        start: (directory) => startProcess([...start, "--data-dir", directory], {}, program),
        startOn: (url) => startProcess(start, { DATABASE_URL: Redacted.value(url) }, program)
      }
    })
  )
}
