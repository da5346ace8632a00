import { runProgram } from "@durable-effect/test-support/running-program"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"

const main = fileURLToPath(new URL("../src/demo.ts", import.meta.url))
const mails = fileURLToPath(new URL("../src/mails.ts", import.meta.url))
const script = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url))

/** A folder for the demo's server and jobs, removed after the test. */
export const dataDirectory = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "quickstart-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, "data")
}

/** Runs the demo as a process of its own. */
export const startDemo = (directory: string, ...args: ReadonlyArray<string>) =>
  runProgram(process.execPath, ["--conditions=source", main, ...args], { TRACKER_DATA_DIR: directory })

/** Runs the demo as `npm run demo` does: by the script that installs, below a shell. */
export const startScript = (directory: string, args: string) =>
  runProgram("sh", ["-c", `"${process.execPath}" "${script}" demo ${args}; true`], { TRACKER_DATA_DIR: directory })

/** Runs the README's first job in a folder, as somebody would who has copied what the demo prints. */
export const startMails = (directory: string, url: string, apiKey: string) =>
  runProgram("sh", ["-c", `cd "${directory}" && exec "${process.execPath}" --conditions=source "${mails}"`], {
    TRACKER_URL: url,
    TRACKER_API_KEY: apiKey
  })
