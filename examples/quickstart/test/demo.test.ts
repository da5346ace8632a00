import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { dataDirectory, startDemo, startScript } from "./DemoProcess.ts"

/** PostgreSQL writes this file when it starts and removes it when it has stopped cleanly. */
const isDatabaseUp = (directory: string) => existsSync(join(directory, "postgres", "data", "postmaster.pid"))

const totalTasks = (said: string) => Number(/"total_tasks": (\d+)/.exec(said)?.[1])

describe("npm run demo", { timeout: 120_000 }, () => {
  it("runs the jobs, answers the four questions, stops everything, and keeps what was before", async () => {
    const directory = dataDirectory()
    const first = await startDemo(directory).ended
    expect(first).toMatchObject({ code: 0 })
    expect(first.said).toContain("lockfileCheck: attempt 2 of 3 fails on purpose")
    expect(first.said).toContain("lockfileCheck: attempt 3 of 3 succeeded")
    expect(first.said).toMatch(/packageAudit +█{24} completed \d+\/\d+ runs/)
    expect(first.said).toMatch(/^MIT +\d+ +\d+ +\d+\.\d$/m)
    const route = "GET /v1/tracker/plans/continuous:packageAudit:workspace"
    for (
      const asked of [route, `${route}/tasks`, `${route}/timeline`, "GET /v1/tracker/metrics?agent_id=packageAudit"]
    ) {
      expect(first.said).toContain(asked)
    }
    expect(isDatabaseUp(directory)).toBe(false)

    const second = await startDemo(directory).ended
    expect(second).toMatchObject({ code: 0 })
    expect(totalTasks(second.said)).toBe(2 * totalTasks(first.said))
  })

  it("stops everything that it started when it is interrupted, and goes on where it was", async () => {
    const directory = dataDirectory()
    const demo = startDemo(directory)
    await demo.says(/attempt 1 of 3/)
    demo.kill("SIGINT")
    await demo.ended
    expect(isDatabaseUp(directory)).toBe(false)

    const next = await startDemo(directory).ended
    expect(next.said).toContain("it goes on where it was")
    expect(next).toMatchObject({ code: 0 })
  })

  it("leaves the server up with --keep until it is told to stop", async () => {
    const directory = dataDirectory()
    const demo = startDemo(directory, "--keep")
    const [, url = ""] = await demo.says(/URL +(http:\S+)[\s\S]*stays up until Ctrl-C/)
    const authorization = `Bearer ${readFileSync(join(directory, "api-key"), "utf8").trim()}`
    const answer = await fetch(`${url}/v1/tracker/plans/continuous:lockfileCheck:workspace`, {
      headers: { authorization }
    })
    expect(await answer.json()).toMatchObject({ status: "completed", task_count: 1, completed_tasks: 1 })
    demo.kill("SIGTERM")
    await demo.ended
    await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed")
    expect(isDatabaseUp(directory)).toBe(false)
  })

  it("stops everything when whoever started it is gone", async () => {
    const directory = dataDirectory()
    const demo = startScript(directory, "--keep")
    await demo.says(/stays up until Ctrl-C/)
    demo.kill("SIGKILL")
    await demo.ended
    expect(isDatabaseUp(directory)).toBe(false)
  })

  it("says in one sentence why the server did not start", async () => {
    const { code, said } = await startDemo("/proc/quickstart").ended
    expect(code).toBe(1)
    expect(said).toMatch(/\/proc\/quickstart cannot be written/)
    expect(said).not.toContain("    at ")
  })

  it("says in one sentence why the jobs' file cannot be opened, and stops the server", async () => {
    const directory = dataDirectory()
    mkdirSync(join(directory, "quickstart.db"), { recursive: true })
    const { code, said } = await startDemo(directory).ended
    expect(code).toBe(1)
    expect(said).toMatch(/quickstart\.db/)
    expect(said).not.toContain("    at ")
    expect(isDatabaseUp(directory)).toBe(false)
  })
})
