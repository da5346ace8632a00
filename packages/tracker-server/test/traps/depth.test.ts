import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, codes, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"

const arrays = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
const objects = (depth: number) => `{"a":`.repeat(depth) + "1" + "}".repeat(depth)

const note = (id: string, data: string) =>
  `{"id":"${id}","time":"2026-01-11T10:00:00Z","type":"note","plan_id":"p","data":${data}}`

/** Arrays within each other as deep as 5 MiB can be. */
const deepest = 2_600_000

describe("nesting", () => {
  it.live("is refused from 101 on, the event itself counted, and takes nothing down with it", () =>
    Effect.gen(function*() {
      const { send, timeline } = yield* ingestServer
      yield* send(batch(planStarted("start")))
      const table: ReadonlyArray<readonly [id: string, data: string, code?: string]> = [
        ["a99", arrays(99)],
        ["a100", arrays(100), "too_deep"],
        ["o99", objects(99)],
        ["o100", objects(100), "too_deep"],
        ["a10000", arrays(10_000), "too_deep"],
        ["o10000", objects(10_000), "too_deep"]
      ]
      const texts = table.map(([id, data]) => note(id, data))
      const refused = table.flatMap(([, , code], i) => code === undefined ? [] : [[i, code]])
      const answer = yield* send(`{"events":[${texts.join(",")}]}`)
      assert.deepStrictEqual(codes(answer), Object.fromEntries(refused))
      const events = yield* timeline("p")
      assert.strictEqual(JSON.stringify(events.find(({ event_id }) => event_id === "a99")?.data), arrays(99))
      assert.strictEqual(JSON.stringify(events.find(({ event_id }) => event_id === "o99")?.data), objects(99))
      const lines = yield* send([...texts, "[".repeat(10_000)].join("\n"), { "content-type": "application/x-ndjson" })
      assert.strictEqual(verdicts(lines).duplicates, 2)
      assert.deepStrictEqual(codes(lines), { ...Object.fromEntries(refused), 6: "not_an_object" })
    }))

  it.live("as deep as a request can be is read and refused", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      assert.deepStrictEqual(codes(yield* send(`{"events":[${arrays(deepest)}]}`)), { 0: "not_an_object" })
      assert.deepStrictEqual(codes(yield* send(`{"events":[${note("a", objects(800_000))}]}`)), { 0: "too_deep" })
      assert.strictEqual((yield* send(arrays(deepest))).status, 400)
      assert.strictEqual((yield* send(`{"lost":${arrays(deepest)},"events":[]}`)).status, 200)
      assert.strictEqual((yield* ask("/plans/none")).status, 404)
    }))
})
