import type { JobEvent } from "@durable-effect/core"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

/** What `worker.ts` tells. */
export interface Told {
  readonly announced?: JobEvent
  readonly begun?: string
  readonly attempt?: number
  readonly counted?: number
  readonly disposed?: boolean
}

/** Starts `worker.ts`; killed at the latest with the scope. */
export const spawnWorker = Effect.fnUntraced(function*(filename: string, mode: "hang" | "stick" | "count") {
  const script = fileURLToPath(new URL("worker.ts", import.meta.url))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--conditions=source", script, filename, mode], { stdio: ["ignore", "pipe", "inherit"] })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const told: Array<Told> = []
  const lines = createInterface({ input: child.stdout })
  const closed = once(lines, "close")
  const exited = once(child, "exit")
  let notice: (() => void) | undefined
  lines.on("line", (line) => {
    // Beside what it tells, it may log.
    if (line.startsWith("{")) told.push(JSON.parse(line))
    notice?.()
  })
  return {
    told,
    /** Resolves once something told is like this. */
    until: (isMet: (told: Told) => boolean) =>
      Effect.callback<void>((resume) => {
        notice = () => {
          if (told.some(isMet)) resume(Effect.void)
        }
        notice()
      }),
    /** SIGTERM; resolves with the code of its exit, null when a signal has ended it. */
    terminate: Effect.promise(async (): Promise<unknown> => {
      child.kill("SIGTERM")
      const [code] = await exited
      await closed
      return code
    }),
    /** SIGKILL; resolves when it is gone and all that it told has been read. */
    kill: Effect.promise(async () => {
      child.kill("SIGKILL")
      await closed
    })
  }
})
