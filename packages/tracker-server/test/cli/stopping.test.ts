import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { Agent, request } from "node:http"
import { dataDirectory, firstKey, runProcess, slow, startProcess } from "./TrackerProcess.ts"

/** One POST of one event on the agent's connection: its status, or the code of what went wrong with the connection. */
const post = (agent: Agent, url: string, secret: string, id: string) =>
  Effect.callback<number | string>((resume) => {
    const body = JSON.stringify({ id, time: "2026-01-11T10:00:00Z", type: "stop.test", specversion: "1.0" })
    const sent = request(`${url}/v1/events`, {
      agent,
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/cloudevents+json" }
    }, (answer) => {
      answer.resume()
      answer.once("error", (error) => resume(Effect.succeed(String(error))))
      answer.once("end", () => resume(Effect.succeed(answer.statusCode ?? 0)))
    })
    sent.once("error", (error) => resume(Effect.succeed("code" in error ? String(error.code) : String(error))))
    sent.end(body)
  })

const connections = 8

describe("SIGTERM under load", slow, () => {
  it.live("ends within 10 s, cuts no request and loses nothing that was answered", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* server.url
      const secret = firstKey(directory)
      const isBusy = yield* Deferred.make<void>()
      let stored = 0
      // Each sends the next as soon as the last is answered, until nobody listens.
      const send = Effect.fnUntraced(function*(sender: number) {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        for (let i = 0;; i++) {
          const answer = yield* post(agent, url, secret, `${sender}-${i}`)
          if (answer === 200) stored++
          if (stored === 40) yield* Deferred.succeed(isBusy, undefined)
          if (answer !== 200) {
            agent.destroy()
            return answer
          }
        }
      })
      const stop = Effect.gen(function*() {
        yield* Deferred.await(isBusy)
        const begun = performance.now()
        yield* server.kill("SIGTERM")
        const { code, stderr } = yield* server.ended
        return { code, ms: performance.now() - begun, stderr }
      })
      const [stopped, ...ends] = yield* Effect.all(
        [stop, ...Array.from({ length: connections }, (_, sender) => send(sender))],
        { concurrency: "unbounded" }
      )
      assert.isBelow(stopped.ms, 10_000)
      assert.strictEqual(stopped.code, 0, stopped.stderr)
      // A new connection is refused; one that is open is answered first.
      assert.deepStrictEqual([...new Set(ends)], ["ECONNREFUSED"])
      const { stdout } = yield* runProcess(["rebuild", "--dry-run", "--data-dir", directory])
      assert.strictEqual(stdout, `default: ${stored} events folded; nothing to put right\n`)
    }))
})
