import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { dataDirectory, startDemo, startMails, startScript } from "./DemoProcess.ts"
import { takeTour } from "./tour.ts"

/** PostgreSQL writes this file when it starts and removes it when it has stopped cleanly. */
const isDatabaseUp = (directory: string) => existsSync(join(directory, "postgres", "data", "postmaster.pid"))

/** How many packages the last line about the pool counts. */
const packagesOf = (said: string) => Number(/packageAudit +█{24} completed (\d+)/.exec(said)?.[1])

const totalTasks = (said: string) => Number(/"total_tasks": (\d+)/.exec(said)?.[1])

describe("npm run demo", { timeout: 120_000 }, () => {
  it("runs the jobs, answers the four questions, stops everything, and keeps what was before", async () => {
    const directory = dataDirectory()
    const first = await startDemo(directory).ended
    expect(first).toMatchObject({ code: 0 })
    expect(first.said).toContain("lockfileCheck: attempt 2 of 3 fails on purpose")
    expect(first.said).toContain("lockfileCheck: attempt 3 of 3 succeeded")
    expect(first.said).toMatch(/packageAudit +█{24} completed (\d+)\/\1 runs/)
    expect(first.said).toMatch(/^findings: \S+@\S+ \(.*\) and \d+ more$/m)
    expect(first.said).toMatch(/licenceReview +█{24} idle +(\d+)\/\1 instances idle/)
    expect(first.said).toMatch(/auditSummary +█{24} completed \d+\/\d+ runs +(\d+) of \1$/m)
    expect(first.said).toMatch(/^MIT +\d+ +\d+ +\d+\.\d {2}keep its notice$/m)
    for (
      const asked of [
        "GET /v1/tracker/plans/workerPool:packageAudit:0",
        "GET /v1/tracker/plans/task:licenceReview:",
        "GET /v1/tracker/plans/debounce:findings:workspace/timeline",
        "GET /v1/tracker/metrics?agent_id=packageAudit"
      ]
    ) {
      expect(first.said).toContain(asked)
    }
    for (
      const told of [
        /^workerPool:packageAudit:0\n {2}job\.created, job\.started, pool\.item\.enqueued ×(\d+), .*execution\.succeeded ×\1, pool\.drained, job\.completed$/m,
        /^debounce:findings:workspace\n {2}job\.created, job\.started, debounce\.event\.added.*debounce\.flush\.triggered.*job\.completed$/m,
        /^task:licenceReview:.*\n {2}job\.created, job\.started, task\.event\.received.*task\.idle/m,
        /^continuous:auditSummary:workspace\n {2}job\.created, job\.started, execution\.started.*job\.completed, job\.terminated$/m
      ]
    ) {
      expect(first.said).toMatch(told)
    }
    expect(isDatabaseUp(directory)).toBe(false)

    const second = await startDemo(directory).ended
    expect(second).toMatchObject({ code: 0 })
    expect(totalTasks(first.said)).toBe(packagesOf(first.said))
    expect(totalTasks(second.said)).toBe(2 * totalTasks(first.said))
  })

  it("stops everything that it started when it is interrupted, and goes on where it was", async () => {
    const directory = dataDirectory()
    const demo = startDemo(directory)
    await demo.says(/packageAudit +█/)
    demo.kill("SIGINT")
    await demo.ended
    expect(isDatabaseUp(directory)).toBe(false)

    const next = await startDemo(directory).ended
    expect(next.said).toContain("it goes on where it was")
    expect(next).toMatchObject({ code: 0 })
    expect(totalTasks(next.said)).toBe(packagesOf(next.said))
  })

  it("leaves no server behind when it is killed, and goes on where it was", async () => {
    const directory = dataDirectory()
    const demo = startDemo(directory)
    await demo.says(/packageAudit +█/)
    demo.kill("SIGKILL")
    await demo.ended
    await vi.waitUntil(() => !isDatabaseUp(directory), { timeout: 20_000 })

    const next = await startDemo(directory).ended
    expect(next.said).toContain("it goes on where it was")
    expect(next).toMatchObject({ code: 0 })
    expect(totalTasks(next.said)).toBe(packagesOf(next.said))
  })

  it("leaves the server up with --keep for the README's tour and its first job, until it is told to stop", async () => {
    const directory = dataDirectory()
    const demo = startDemo(directory, "--keep")
    const [printed, url = ""] = await demo.says(/TRACKER_URL=(http:\S+)[\s\S]*stays up until Ctrl-C/)
    const apiKey = readFileSync(join(directory, "api-key"), "utf8").trim()
    expect(printed).toContain(`TRACKER_URL=${url} TRACKER_API_KEY=${apiKey}`)
    const { code, said } = await takeTour(url, apiKey)
    expect({ code, said }).toMatchObject({ code: 0 })
    for (
      const told of [
        /^PLAN +STATUS +TASKS/m,
        /completed +█{24} +(\d+)\/\1 tasks/,
        /:r1 +completed .*lockfileCheck +continuous\.lockfileCheck\.execute, attempt 3$/m,
        /^ +\+0(\.00\d)? s {2}└ job\.started/m,
        /^packageAudit +workerPool +1 +(\d+) +0 +0 %/m,
        /^AGENT +TASKS[\s\S]*^lockfileCheck +1 +0 +1 +0/m,
        /^\d\d:\d\d:\d\S+Z {2}job\.created +continuous:auditSummary:workspace {2}[0-9a-f-]{36}$/m,
        /^attempt +3 +/m,
        /^\{"plans":\[\{"plan_id":/m,
        /^\{"plan_id":.*"status":"completed".*"session_id":"workerPool:packageAudit:0"/m,
        /^\{"tasks":\[\{"task_id":.*"attempt":3/m,
        /^\{"trace_id":.*"event_type":"retry\.scheduled"/m,
        /^\{"jobs":\[\{"job_name":"auditSummary"/m,
        /^\{"agents":\[.*"agent_id":"packageAudit","period":"1h"/m,
        /^\{"task_id":.*"fields":.*"attempt":\{"value":3/m
      ]
    ) expect(said).toMatch(told)

    const mails = startMails(directory, url, apiKey)
    await mails.says(/sent to eve/)
    mails.kill("SIGINT")
    expect(await mails.ended).toMatchObject({ code: 0 })
    const timeline = await fetch(`${url}/v1/tracker/plans/workerPool:mails:0/timeline`, {
      headers: { authorization: `Bearer ${apiKey}` }
    })
    expect(await timeline.text()).toContain("eve's mail server is busy")

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
