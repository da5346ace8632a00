import { Deferred, Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findNatsServer } from "./findNatsServer.ts"

/** A NATS server with JetStream, reachable only from this machine, which a test may kill and restart. */
export interface NatsServer {
  readonly url: string
  /** Ends it: SIGTERM gracefully, SIGKILL immediately. Completes once it is gone. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
  /** Suspends it: it and its connections remain, but it no longer responds. */
  readonly freeze: Effect.Effect<void>
  /** Restarts it on the same port with its existing streams. */
  readonly start: Effect.Effect<void>
}

interface Running {
  readonly child: ChildProcess
  readonly port: number
  readonly ended: Deferred.Deferred<void>
}

/** Port 0 for any free one. Completes once clients can connect. */
const launch = (directory: string, port: number): Effect.Effect<Running> =>
  Effect.callback((resume) => {
    const child = spawn(
      findNatsServer(),
      ["--jetstream", "--store_dir", directory, "--addr", "127.0.0.1", "--port", String(port === 0 ? -1 : port)],
      { stdio: ["ignore", "ignore", "pipe"] }
    )
    const ended = Deferred.makeUnsafe<void>()
    let log = ""
    child.stderr?.on("data", (chunk) => {
      log += String(chunk)
      const [, listening] = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(log) ?? []
      if (listening !== undefined && log.includes("Server is ready")) {
        resume(Effect.succeed({ child, port: Number(listening), ended }))
      }
    })
    child.once("close", () => {
      Deferred.doneUnsafe(ended, Effect.void)
      resume(Effect.die(new Error(`nats-server ended before it was ready: ${log}`)))
    })
  })

/** A private server until the scope closes, which also deletes its data. */
export const natsServer: Effect.Effect<NatsServer, never, Scope.Scope> = Effect.gen(function*() {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tracker-nats-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  let running = yield* launch(directory, 0)
  const { port } = running
  const end = (signal: "SIGTERM" | "SIGKILL") =>
    Effect.suspend(() => {
      running.child.kill(signal)
      return Deferred.await(running.ended)
    })
  yield* Effect.addFinalizer(() => end("SIGKILL"))
  return {
    url: `nats://127.0.0.1:${port}`,
    end,
    freeze: Effect.sync(() => void running.child.kill("SIGSTOP")),
    start: Effect.map(launch(directory, port), (started) => {
      running = started
    })
  }
})
