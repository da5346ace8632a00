import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { existsSync } from "node:fs"
import { dataDirectory, firstKey, postgresPid, runProcess, slow, startProcess } from "./TrackerProcess.ts"

const events = [
  { id: "e-1", time: "2026-01-11T10:00:00Z", type: "plan.started", data: { plan_id: "plan" } },
  { id: "e-2", time: "2026-01-11T10:00:01Z", type: "task.progress", data: { task_id: "task", state: "running" } }
]

const send = (url: string, secret: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ events })
    })
    assert.deepInclude(await answer.json(), { accepted: 2 })
  })

describe("rebuild", slow, () => {
  it.live(
    "works beside a running server and without one, and leaves no PostgreSQL behind",
    () =>
      Effect.gen(function*() {
        const directory = yield* dataDirectory
        const server = yield* startProcess(["--port", "0", "--data-dir", directory])
        yield* send(yield* server.url, firstKey(directory))
        const folded = "default: 2 events folded; nothing to put right\n"
        const beside = yield* runProcess(["rebuild", "--data-dir", directory])
        assert.deepStrictEqual(beside, { code: 0, stdout: folded, stderr: "" })
        yield* server.kill("SIGTERM")
        yield* server.ended
        const alone = yield* runProcess(["rebuild", "--dry-run", "--tenant", "default", "--data-dir", directory])
        assert.deepStrictEqual(alone, { code: 0, stdout: folded, stderr: "" })
        assert.isTrue(Option.isNone(postgresPid(directory)))
        const nobody = yield* runProcess(["rebuild", "--tenant", "nobody", "--data-dir", directory])
        assert.deepStrictEqual(nobody, {
          code: 0,
          stdout: "nobody: 0 events folded; nothing to put right\n",
          stderr: ""
        })
      })
  )

  it.live("makes no database in a mistyped folder", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const { code, stderr } = yield* runProcess(["rebuild", "--data-dir", directory])
      assert.match(stderr, /^There is no database in /)
      assert.deepStrictEqual([code, existsSync(directory)], [1, false])
    }))
})
