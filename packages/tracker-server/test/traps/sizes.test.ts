import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, codes, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"

const maxEvents = 10_000
const maxEventBytes = 256 * 1024

describe("a batch", () => {
  it.live("of 10,000 events is stored, of one more refused whole, of none answered", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      const events = Array.from({ length: maxEvents + 1 }, (_, i) => ({
        id: `e${i}`,
        time: "2026-01-11T10:00:00Z",
        type: "task.progress",
        topic: "system-events",
        data: { task_id: `t${i % 100}`, plan_id: "p", state: "running" }
      }))
      const lines = { "content-type": "application/x-ndjson" }
      const tooMany = [
        [batch(...events), {}],
        [events.map((event) => JSON.stringify(event)).join("\n"), lines],
        [JSON.stringify(events), { "content-type": "application/cloudevents-batch+json" }]
      ] as const
      for (const [text, headers] of tooMany) assert.strictEqual((yield* send(text, headers)).status, 413)
      assert.strictEqual((yield* ask("/plans/p")).status, 404)
      const stored = yield* send(batch(...events.slice(0, maxEvents)))
      assert.deepStrictEqual(verdicts(stored), { accepted: maxEvents, duplicates: 0, rejected: [] })
      assert.strictEqual(JSON.parse((yield* ask("/plans/p")).text).task_count, 100)
      const again = yield* send(batch(...events.slice(1, maxEvents + 1)))
      assert.deepStrictEqual(verdicts(again), { accepted: 1, duplicates: maxEvents - 1, rejected: [] })
      const none = { accepted: 0, duplicates: 0, rejected: [] }
      for (const [text, headers] of [[batch(), {}], ["\n\n", lines], ["[]", tooMany[2][1]]] as const) {
        assert.deepStrictEqual(verdicts(yield* send(text, headers)), none)
      }
    }))

  it.live("of 10,000 values that are no events tells what is wrong with each", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const answer = verdicts(yield* send(batch(...Array.from({ length: maxEvents }, (_, i) => i))))
      assert.deepStrictEqual([answer.accepted, answer.rejected.length], [0, maxEvents])
      assert.deepStrictEqual(answer.rejected.map(({ index }) => index), Array.from({ length: maxEvents }, (_, i) => i))
    }))
})

const filled = (id: string, bytes: number, character: string) => {
  const empty = planStarted(id, { data: { plan_id: "p", text: "" } })
  const free = bytes - written(empty)
  const each = Buffer.byteLength(JSON.stringify(character)) - 2
  const text = character.repeat(Math.floor(free / each)) + "x".repeat(free % each)
  return { ...empty, data: { ...empty.data, text } }
}

describe("an event", () => {
  it.live("has at most 256 KiB of UTF-8, whatever it is made of, and more takes no other down", () =>
    Effect.gen(function*() {
      const { send, timeline } = yield* ingestServer
      const characters = ["x", "é", "😀", "\n", "\u0001"]
      const fitting = characters.map((character, i) => filled(`fits${i}`, maxEventBytes, character))
      const larger = characters.map((character, i) => filled(`more${i}`, maxEventBytes + 1, character))
      const answer = yield* send(batch(...fitting, ...larger))
      assert.strictEqual(verdicts(answer).accepted, characters.length)
      assert.deepStrictEqual(codes(answer), Object.fromEntries(larger.map((_, i) => [fitting.length + i, "too_large"])))
      const events = yield* timeline("p")
      for (const { data, id } of fitting) {
        assert.deepStrictEqual(events.find(({ event_id }) => event_id === id)?.data, data)
      }
    }))

  it.live("may have as many fields as fit in", () =>
    Effect.gen(function*() {
      const { send, timeline } = yield* ingestServer
      const many = Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`k${i}`, i]))
      const numbers = Array.from({ length: 100_000 }, () => 0)
      const answer = yield* send(
        batch(
          planStarted("s"),
          planStarted("a", { data: { plan_id: "p", many } }),
          planStarted("b", { data: { plan_id: "p", numbers } })
        )
      )
      assert.strictEqual(verdicts(answer).accepted, 3)
      const events = yield* timeline("p")
      assert.deepStrictEqual(events.find(({ event_id }) => event_id === "a")?.data, { plan_id: "p", many })
      assert.deepStrictEqual(events.find(({ event_id }) => event_id === "b")?.data, { plan_id: "p", numbers })
    }))
})

/** Bytes of an envelope as it is kept: without spaces, its payload apart from the rest. */
const written = ({ data, ...attributes }: { readonly data: object }) =>
  Buffer.byteLength(JSON.stringify(attributes)) + Buffer.byteLength(JSON.stringify(data))
