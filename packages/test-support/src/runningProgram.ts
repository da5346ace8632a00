import { spawn } from "node:child_process"
import { onTestFinished } from "vitest"

/** Runs a program until it exits, is stopped, or the test is over. Collects both of its outputs. */
export const runProgram = (
  program: string,
  args: ReadonlyArray<string>,
  env: { readonly [name: string]: string | undefined } = {}
) => {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
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
  // Resolves when the last process that writes to our pipes has ended, whoever its parent was.
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
    /** Resolves with the match once the output contains it; rejects if the program ends without it. */
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
        void ended.then(() => reject(new Error(`it never said ${String(pattern)}, only:\n${said}`)))
      })
  }
}
