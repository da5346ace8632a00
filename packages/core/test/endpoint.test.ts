import { type Answer, comeBack, type Endpoint, hold, startEndpoint, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { deflateSync, gzipSync } from "node:zlib"

const batch = (...ids: ReadonlyArray<string>) => JSON.stringify({ events: ids.map((eventId) => ({ eventId })) })

const failed = (error: unknown) => error instanceof Error ? String(error.cause) : ""

/** What a client sees: the answer, or what went wrong with its head or body. */
const post = (endpoint: Endpoint, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    try {
      const response = await fetch(endpoint.url, { method: "POST", body, headers })
      const text = await response.text().catch((error: unknown) => `broken: ${failed(error)}`)
      return { status: response.status, headers: response.headers, text }
    } catch (error) {
      return { status: 0, headers: new Headers(), text: failed(error) }
    }
  })

describe("the misbehaving endpoint", () => {
  it.live("stores each event once and says what it did, as tracker-server does", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const rejected = [{ index: 1, code: "invalid_payload", detail: "no", retryable: false }]
      yield* endpoint.answerNext(store, { kind: "store", reject: rejected })
      assert.strictEqual((yield* post(endpoint, batch("a", "b"))).text, `{"accepted":2,"duplicates":0,"rejected":[]}`)
      const second = yield* post(endpoint, batch("b", "c", "d"))
      assert.deepStrictEqual(JSON.parse(second.text), { accepted: 1, duplicates: 1, rejected })
      assert.deepStrictEqual(yield* endpoint.stored(), [{ eventId: "a" }, { eventId: "b" }, { eventId: "d" }])
      const { duplicates, requests, stored } = yield* endpoint.totals()
      assert.deepStrictEqual({ duplicates, requests, stored }, { duplicates: 1, requests: 2, stored: 3 })
    }))

  it.live.each([["gzip", gzipSync], ["deflate", deflateSync]] as const)(
    "unpacks %s and knows both sizes",
    ([name, pack]) =>
      Effect.gen(function*() {
        const endpoint = yield* startEndpoint()
        const text = batch(...Array.from({ length: 100 }, (_, index) => `event-${index}`))
        const packed = new Uint8Array(pack(text))
        yield* post(endpoint, packed, { "content-encoding": name })
        assert.lengthOf(yield* endpoint.stored(), 100)
        const [request] = yield* endpoint.requests()
        assert.include(request, { bytes: text.length, wireBytes: packed.length })
      })
  )

  it.live("treats a poisoned or too large request as a whole", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answer({ maxBytes: 100, poisoned: { ids: ["b"], answer: status(422) }, otherwise: status(202) })
      const statusOf = (body: string) => Effect.map(post(endpoint, body), ({ status }) => status)
      assert.strictEqual(yield* statusOf(batch("a", "b")), 422)
      assert.strictEqual(yield* statusOf(batch("a", "b", "x".repeat(100))), 413)
      assert.strictEqual(yield* statusOf(batch("a")), 202)
      assert.lengthOf(yield* endpoint.stored(), 0)
    }))

  it.live("says in seconds or as a date when to come back", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answerNext(comeBack(429, { seconds: 7 }), comeBack(503, { dateInMs: 60_000 }))
      const first = yield* post(endpoint, batch("a"))
      assert.deepStrictEqual([first.status, first.headers.get("retry-after")], [429, "7"])
      const second = yield* post(endpoint, batch("a"))
      const passed = Date.parse(second.headers.get("retry-after") ?? "") - Date.parse(second.headers.get("date") ?? "")
      assert.isAtLeast(passed, 60_000)
      assert.isAtMost(passed, 62_000)
    }))

  const broken: ReadonlyArray<readonly [string, Answer, number, string, number]> = [
    ["before the status line", { kind: "reset" }, 0, "ECONNRESET", 0],
    ["after the status line", { kind: "breakBody" }, 200, "broken", 1]
  ]
  it.live.each(broken)("resets connections %s", ([, answer, code, text, stored]) =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answerNext(answer)
      const seen = yield* post(endpoint, batch("a"))
      assert.strictEqual(seen.status, code)
      assert.include(seen.text, text)
      assert.lengthOf(yield* endpoint.stored(), stored)
    }))

  it.live("sends a whole body in the end, piece by piece or late", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const answers = [{ kind: "trickleBody", everyMs: 1 }, { kind: "delay", ms: 1, answer: store }] as const
      yield* endpoint.answerNext(...answers)
      assert.strictEqual((yield* post(endpoint, batch("a"))).text, `{"accepted":1,"duplicates":0,"rejected":[]}`)
      assert.strictEqual((yield* post(endpoint, batch("a"))).text, `{"accepted":0,"duplicates":1,"rejected":[]}`)
    }))

  it.live("holds requests until they are released, and knows how many are open", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answer({ otherwise: hold(store) })
      const clients = yield* Effect.forkChild(
        Effect.forEach(["a", "b"], (id) => post(endpoint, batch(id)), { concurrency: "unbounded" })
      )
      const requests = yield* endpoint.awaitRequests(2)
      assert.sameMembers(requests.map(({ open }) => open), [1, 2])
      assert.lengthOf(yield* endpoint.stored(), 0)
      yield* endpoint.answer({})
      yield* endpoint.release()
      yield* Fiber.join(clients)
      yield* post(endpoint, batch("c"))
      assert.strictEqual((yield* endpoint.requests())[2]?.open, 1)
      assert.strictEqual(yield* endpoint.mostAtOnce(), 2)
      assert.lengthOf(yield* endpoint.awaitStored(3), 3)
    }))

  it.live("refuses connections and those that are open, and accepts them again at the same URL", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      yield* endpoint.answerNext({ kind: "hang" })
      const client = yield* Effect.forkChild(post(endpoint, batch("a")))
      yield* endpoint.awaitRequests(1)
      yield* endpoint.refuse()
      assert.include((yield* Fiber.join(client)).text, "ECONNRESET")
      assert.include((yield* post(endpoint, batch("a"))).text, "ECONNREFUSED")
      yield* endpoint.accept()
      assert.strictEqual((yield* post(endpoint, batch("a"))).status, 200)
    }))

  it.live("finds ids in any body by a pattern, and keeps no body then", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint({ idPattern: `"spanId":"([0-9a-f]+)"` })
      yield* endpoint.answerNext(status(503))
      const body = `[{"spanId":"aa"},{"spanId":"bb","parentSpanId":"aa"}] é`
      yield* post(endpoint, body)
      assert.strictEqual((yield* post(endpoint, body)).text, "{}")
      yield* post(endpoint, `{"spanId":"bb"}`)
      const bytes = 2 * Buffer.byteLength(body) + 15
      assert.deepStrictEqual(yield* endpoint.totals(), {
        requests: 3,
        stored: 2,
        duplicates: 1,
        bytes,
        wireBytes: bytes
      })
      assert.isUndefined((yield* endpoint.requests())[0]?.body)
    }))
})

/** Prints the URL of an endpoint, and stays while `stays`. */
const program = (stays: boolean) => `
  import { startEndpoint } from "@durable-effect/test-support/endpoint"
  import { Effect, Scope } from "effect"
  const { url } = await Effect.runPromise(Scope.provide(startEndpoint(), Scope.makeUnsafe()))
  console.log(url)
  ${stays ? "setInterval(() => {}, 1000)" : ""}
`

const run = (stays: boolean) =>
  spawn(process.execPath, ["--conditions=source", "--input-type=module", "--eval", program(stays)], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"]
  })

// The endpoint's process writes to its parent's output, which therefore closes only when both are gone.
describe("the endpoint's process", () => {
  it("ends when its parent is killed", async () => {
    const parent = run(true)
    await once(parent.stdout, "data")
    const gone = once(parent, "close")
    parent.kill("SIGKILL")
    assert.deepStrictEqual(await gone, [null, "SIGKILL"])
  })

  it("keeps no parent from ending", async () => {
    const parent = run(false)
    parent.stdout.resume()
    assert.deepStrictEqual(await once(parent, "close"), [0, null])
  })
})
