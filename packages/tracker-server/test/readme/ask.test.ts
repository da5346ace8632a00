import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { readFileSync } from "node:fs"
import { request, testServer, withKey } from "../http/server.ts"

const script = readFileSync(new URL("ask.sh", import.meta.url), "utf8")
const questions = [...script.matchAll(/^ask '?([^\s']+)/gm)].map(([, question = ""]) => `/v1/tracker/${question}`)

/** The body as a shell would make it. */
const bodyAt = (now: string) => {
  const run = /^RUN='([^']+)'/m.exec(script)?.[1] ?? ""
  const body = /-d "([\s\S]+?[^\\])"; echo\n/.exec(script)?.[1] ?? ""
  return body.replaceAll("\\\"", "\"").replaceAll("$NOW", now).replaceAll("$RUN", run)
}

describe("the README's curl lines", () => {
  it.live("send events that are taken, and ask questions whose answers tell of them", () =>
    Effect.gen(function*() {
      const server = yield* testServer()
      const { secret } = yield* server.makeKey("default", "ingest", "query")
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" }
      const body = bodyAt(new Date(yield* Clock.currentTimeMillis).toISOString())
      const taken = yield* request(`${server.url}/v1/events`, { method: "POST", headers, body })
      assert.deepStrictEqual(JSON.parse(taken.text), { accepted: 2, duplicates: 0, rejected: [] })
      const answers = yield* Effect.forEach(questions, (route) => request(server.url + route, withKey(secret)))
      assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200, 200, 200])
      const [plan, tasks, timeline, metrics] = answers.map(({ text }) => JSON.parse(text))
      assert.deepInclude(plan, { plan_id: "life-1", task_count: 1, completed_tasks: 1 })
      assert.deepInclude(tasks.tasks[0], { task_id: "life-1:r1", state: "completed" })
      assert.lengthOf(timeline.events, 2)
      assert.deepInclude(metrics, { total_tasks: 1, success_rate: 1 })
    }))
})
