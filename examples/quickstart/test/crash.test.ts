import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { describe, expect, it, onTestFinished } from "vitest"
import { makeWorkspace, manyPackages, pathOf } from "./Workspace.ts"

const main = fileURLToPath(new URL("auditProcess.ts", import.meta.url))

/** Runs the audit as a process of its own, to the end or until it kills itself; answers what it said. */
const run = async (root: string, ...killedAt: ReadonlyArray<string>) => {
  const child = spawn(
    process.execPath,
    ["--conditions=source", "--disable-warning=ExperimentalWarning", main, join(root, "jobs.db"), root, ...killedAt],
    { stdio: ["ignore", "pipe", "inherit"] }
  )
  onTestFinished(() => void child.kill("SIGKILL"))
  const closed = once(child, "close")
  const lines: Array<string> = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  await closed
  return { lines, isKilled: child.signalCode === "SIGKILL" }
}

describe("an audit that is killed", { timeout: 60_000 }, () => {
  it("goes on where it was: nothing is lost, counted twice, or read again but what ran", async () => {
    const packages = manyPackages(150, { license: "MIT", description: "" })
    const { root } = makeWorkspace({ ...packages, broken: "{" })
    const kills = [
      ["audit", "1"], // some packages are not in the pool yet
      ["audit", "20"],
      ["findings", "2"] // the package that filled the batch is counted for its licence, and not done
    ]
    const said: Array<string> = []
    for (const killedAt of kills) {
      const { isKilled, lines } = await run(root, ...killedAt)
      expect(isKilled).toBe(true)
      said.push(...lines)
    }
    const { isKilled, lines } = await run(root)
    expect(isKilled).toBe(false)
    said.push(...lines)

    expect(JSON.parse(said.pop()?.replace("summary ", "") ?? "")).toMatchObject({
      licences: [{ licence: "MIT", totals: { packages: 150, files: 300 } }],
      unreadable: [{ path: pathOf("broken") }]
    })
    const read = said.filter((line) => line.startsWith("audit ") && !line.includes("broken"))
    expect(new Set(read)).toEqual(new Set(Object.keys(packages).map((name) => `audit ${pathOf(name)}`)))
    // Four run at a time, and those run again.
    expect(read.length).toBeLessThanOrEqual(150 + 4 * kills.length)
  })
})
