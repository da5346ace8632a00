import { Effect } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

/** What a program of Node's tells; dies when it ends with an error. */
export const runProgram = (path: string, programArguments: ReadonlyArray<string>, cwd?: string) =>
  Effect.promise(async () => {
    const all = ["--conditions=source", path, ...programArguments]
    const { stdout } = await promisify(execFile)(process.execPath, all, { cwd, timeout: 20_000 })
    return stdout
  })
