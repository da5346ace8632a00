import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { request, testServer, withKey } from "../http/server.ts"

const script = readFileSync(new URL("ask.sh", import.meta.url), "utf8")
const body = /-d '([^']+)'/.exec(script)?.[1] ?? ""
const questions = [...script.matchAll(/\$URL(\/v1\/tracker[^\s"]+)/g)].map(([, route = ""]) => route)

describe("the README's curl lines", () => {
  it.live("send an event that is taken, and ask questions that are answered", () =>
    Effect.gen(function*() {
      const server = yield* testServer()
      const { secret } = yield* server.makeKey("default", "ingest", "query")
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" }
      const taken = yield* request(`${server.url}/v1/events`, { method: "POST", headers, body })
      assert.deepStrictEqual(JSON.parse(taken.text), { accepted: 1, duplicates: 0, rejected: [] })
      assert.lengthOf(questions, 4)
      for (const route of questions) {
        const { status, text } = yield* request(server.url + route, withKey(secret))
        assert.deepStrictEqual([route, status], [route, 200], text)
      }
    }))
})
