import { Effect, Schema } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { compileCache } from "../../../harness/src/ownProcess.ts"
import { root } from "../../../harness/src/Results.ts"

/** tracker-server did not start. */
export class ServerFailed extends Schema.TaggedError<ServerFailed>()("ServerFailed", { problem: Schema.String }) {
  override get message(): string {
    return `tracker-server did not start: ${this.problem}`
  }
}

export interface TrackerServer {
  readonly url: string
  readonly pid: number
  readonly apiKey: string
}

/** Of a key that every server of a benchmark has. */
const apiKey = "benchmark-benchmark-benchmark-benchmark"

const untilReady = (child: ChildProcess) =>
  Effect.callback<string, ServerFailed>((resume) => {
    let printed = ""
    const read = (chunk: Buffer) => {
      printed = (printed + chunk.toString("utf8")).slice(-4000)
      const [, url] = / is ready at (\S+) /.exec(printed) ?? []
      if (url !== undefined) resume(Effect.succeed(url))
    }
    child.stdout?.on("data", read)
    child.stderr?.on("data", read)
    child.on("error", (error) => resume(Effect.fail(new ServerFailed({ problem: error.message }))))
    child.on("exit", () => resume(Effect.fail(new ServerFailed({ problem: printed }))))
  })

const stop = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  await once(child, "exit")
}

/**
 * tracker-server on a database, as it is published and at its defaults, its log off, until the scope closes.
 * `profileFolder`: where it leaves a CPU profile of its whole life, if anywhere.
 */
export const startTrackerServer = Effect.fnUntraced(function*(given: {
  readonly databaseUrl: string
  readonly fromSource: boolean
  readonly profileFolder: string | undefined
  /** NATS to listen to as well. */
  readonly natsUrl?: string | undefined
}) {
  const { databaseUrl, fromSource, natsUrl, profileFolder } = given
  const folder = `${root}packages/tracker-server/`
  const program = fromSource ? ["--conditions=source", `${folder}src/main.ts`] : [`${folder}bin/tracker-server.js`]
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`]
  const words = ["start", "--port", "0", "--api-key", apiKey, "--log-level", "none"]
    .concat(natsUrl === undefined ? [] : ["--nats-url", natsUrl])
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [...profile, ...program, ...words], {
        env: { PATH: process.env["PATH"], DATABASE_URL: databaseUrl, ...compileCache(program) },
        stdio: ["ignore", "pipe", "pipe"]
      })
      const onExit = () => child.kill("SIGKILL") // an exit that skips finalizers must not leave it behind
      process.on("exit", onExit)
      child.once("exit", () => process.off("exit", onExit))
      return child
    }),
    (child) => Effect.promise(() => stop(child))
  )
  return { url: yield* untilReady(child), pid: child.pid ?? 0, apiKey } satisfies TrackerServer
})
