import { Effect, Schema } from "effect"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import type { Server } from "../../../harness/src/servers/Server.ts"

/** redis-server did not start. */
export class RedisFailed extends Schema.TaggedError<RedisFailed>()("RedisFailed", { problem: Schema.String }) {
  override get message(): string {
    return `redis-server did not start: ${this.problem}`
  }
}

/** The version of the `redis-server` on the PATH; undefined when there is none. */
export const redisVersion = (): string | undefined => {
  try {
    return /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1]
  } catch {
    return undefined
  }
}

const freePort = Effect.promise(async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
})

/** Every write goes to a file that is synced once a second: what BullMQ's documentation asks for, and no safer than that. */
const settings = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]

const untilReady = (child: ChildProcess) =>
  Effect.callback<void, RedisFailed>((resume) => {
    let printed = ""
    child.stdout?.on("data", (chunk: Buffer) => {
      printed = (printed + chunk.toString("utf8")).slice(-4000)
      if (printed.includes("Ready to accept connections")) resume(Effect.void)
    })
    child.on("error", (error) => resume(Effect.fail(new RedisFailed({ problem: error.message }))))
    child.on("exit", () => resume(Effect.fail(new RedisFailed({ problem: printed }))))
  })

const stop = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  await once(child, "exit")
}

/** A redis-server on a free port of 127.0.0.1 with its files in a folder, until the scope closes. */
export const startRedis = Effect.fnUntraced(function*(folder: string) {
  const port = yield* freePort
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder]
      const child = spawn("redis-server", [...place, ...settings], { stdio: ["ignore", "pipe", "ignore"] })
      const onExit = () => child.kill("SIGKILL") // an exit that skips finalizers must not leave it behind
      process.on("exit", onExit)
      child.once("exit", () => process.off("exit", onExit))
      return child
    }),
    (child) => Effect.promise(() => stop(child))
  )
  yield* untilReady(child)
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid ?? 0 } satisfies Server
})
