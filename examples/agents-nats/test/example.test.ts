import { runProgram } from "@durable-effect/test-support/running-program"
import { randomUUID } from "node:crypto"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** One database for all: making it takes a while. */
const folder = mkdtempSync(join(tmpdir(), "agents-nats-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const startExample = () => {
  // Where the tests are given a NATS server, other runs have left their events there.
  const env = { TRACKER_DATA_DIR: folder, TRACKER_NATS_PREFIX: `test-${randomUUID()}` }
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning"]
  return runProgram(process.execPath, [...flags, main], env)
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })

/** Whether its servers are still up, by the ports that it told, and the database by the file that it has while it runs. */
const stillUp = async (said: string) => {
  const ports = Array.from(said.matchAll(/(?:nats|http):\/\/127\.0\.0\.1:(\d+)/g), ([, port]) => Number(port))
  expect(ports.length).toBe(process.env["NATS_URL"] ? 1 : 2)
  const listening = await Promise.all(ports.map(isListening))
  return listening.includes(true) || existsSync(join(folder, "postgres", "data", "postmaster.pid"))
}

/** The answer to a question, as it was shown. */
const answerTo = (said: string, route: RegExp): unknown => {
  const [, json = "no answer"] = new RegExp(`^GET ${route.source}\\n(\\{[\\s\\S]*?^\\})`, "m").exec(said) ?? []
  return JSON.parse(json)
}

describe("npm run example:agents", { timeout: 120_000 }, () => {
  it("indexes this repository by four agents over NATS, shows what the tracker knows of it, and stops everything", async () => {
    const { code, said } = await startExample().ended
    expect({ code, said }).toMatchObject({ code: 0 })

    expect(said).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} analyser +task\.progress +analyse:packages\/core .* Processing document \d+ of \d+$/m
    )
    expect(said).toMatch(/analyser +part\.analyse\.failed +analyse:examples\/agents-nats .*cafe\.md cannot be analysed/)
    expect(said).toMatch(/summariser +delegation\.started .*over 3 tasks$/m)

    const plan = answerTo(said, /\/v1\/tracker\/plans\/index-\w+/)
    expect(plan).toMatchObject({
      status: "completed",
      failed_tasks: 1,
      current_state: "indexed",
      session_id: "repository",
      goal_event: "repository.index",
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/)
    })
    expect(answerTo(said, /\/v1\/tracker\/plans\/index-\w+\/tasks/)).toMatchObject({
      tasks: [
        { event_type: "corpus.split.requested", state: "completed", agent_id: "splitter" },
        { event_type: "part.analyse.requested", state: "completed", agent_id: "analyser", progress: 1 },
        expect.anything(),
        expect.stringMatching(/^… \d+ more$/)
      ]
    })
    expect(answerTo(said, /\/v1\/tracker\/plans\/index-\w+\/timeline/)).toMatchObject({
      events: [
        { event_type: "plan.started", parent_event_id: null, source: "planner" },
        { event_type: "corpus.split.requested", parent_event_id: expect.any(String), topic: "action-requests" },
        expect.anything(),
        expect.anything()
      ]
    })
    expect(answerTo(said, /\/v1\/tracker\/metrics\?agent_id=analyser&period=7d/)).toMatchObject({
      agent_id: "analyser",
      period: "7d",
      failed_tasks: 1,
      running_tasks: 0
    })
    expect(answerTo(said, /\/v1\/tracker\/delegation-groups\/\S+/)).toMatchObject({
      total_tasks: 3,
      completed_tasks: 3,
      failed_tasks: 0
    })
    expect(answerTo(said, /\/v1\/tracker\/tasks\/\S+/)).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/cafe\.md cannot be analysed/),
      transitions: [{ from_state: "pending", to_state: "running" }]
    })
    expect(said).toContain(`plan.started (planner)
├─ corpus.split.requested (planner)
│  ├─ task.state_changed (splitter)
│  └─ corpus.split.completed (splitter)
│     └─ plan.state_changed (planner)
│        ├─ part.analyse.requested (planner)`)
    expect(said).toMatch(/^packages\/tracker-server +\d+ +\d+ +\d+ +\d+$/m)

    expect(await stillUp(said)).toBe(false)
  })

  it("stops everything when it is interrupted", async () => {
    const { ended, kill, says } = startExample()
    await says(/plan\.started/)
    kill("SIGINT")
    const { said } = await ended
    expect(said).not.toContain("How far is it?")
    expect(await stillUp(said)).toBe(false)
  })
})
