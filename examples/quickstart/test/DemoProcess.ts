import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"

const main = fileURLToPath(new URL("../src/demo.ts", import.meta.url))
const script = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url))

/** A folder for the demo's server and jobs, removed after the test. */
export const dataDirectory = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "quickstart-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, "data")
}

/** Runs the demo as a process of its own. */
export const startDemo = (directory: string, ...args: ReadonlyArray<string>) =>
  start(directory, process.execPath, ["--conditions=source", main, ...args])

/** Runs the demo as `npm run demo` does: by the script that installs, below a shell. */
export const startScript = (directory: string, args: string) =>
  start(directory, "sh", ["-c", `"${process.execPath}" "${script}" demo ${args}; true`])

const start = (directory: string, program: string, args: ReadonlyArray<string>) => {
  const child = spawn(program, args, {
    env: { ...process.env, TRACKER_DATA_DIR: directory },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let said = ""
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += String(chunk)
      waiting.forEach((check) => check())
    })
  }
  // Comes when the last process that writes to our pipes has ended, whoever was its parent.
  const ended = new Promise<{ readonly code: number | null; readonly said: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, said }))
  )
  onTestFinished(async () => {
    child.kill("SIGTERM")
    await ended
  })
  return {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Resolves with the match once the demo has said it; rejects when it ends without. */
    says: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(said)
          if (match === null) return
          waiting.delete(check)
          resolve(match)
        }
        waiting.add(check)
        check()
        void ended.then(() => reject(new Error(`the demo never said ${String(pattern)}, only:\n${said}`)))
      })
  }
}
