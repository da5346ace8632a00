import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, codes, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"

/** An event of the plan `p` with `data` as this JSON text, escapes and all. */
const withData = (id: string, data: string) =>
  `{"id":"${id}","time":"2026-01-11T10:00:00Z","type":"note","plan_id":"p","data":${data}}`

const eventsOf = (...texts: ReadonlyArray<string>) => `{"events":[${texts.join(",")}]}`

const long = "é".repeat(120_000)

describe("text that other stores choke on", () => {
  it.live("comes back as it was, or repaired where neither PostgreSQL nor UTF-8 can hold it", () =>
    Effect.gen(function*() {
      const { send, timeline } = yield* ingestServer
      const table: ReadonlyArray<readonly [name: string, data: string, kept: string]> = [
        ["nul", String.raw`{"a":"x\u0000y"}`, `{"a":"x\uFFFDy"}`],
        ["nul-key", String.raw`{"\u0000":1}`, `{"\uFFFD":1}`],
        ["high", String.raw`{"a":"\ud83d"}`, `{"a":"\uFFFD"}`],
        ["low", String.raw`{"a":["\ude00b"]}`, `{"a":["\uFFFDb"]}`],
        ["swapped", String.raw`{"a":"\ude00\ud83d"}`, `{"a":"\uFFFD\uFFFD"}`],
        ["key", String.raw`{"k\udfff":{"\ud800":[]}}`, `{"k\uFFFD":{"\uFFFD":[]}}`],
        ["pair", String.raw`{"a":"\ud83d\ude00"}`, `{"a":"😀"}`],
        ["noncharacters", String.raw`{"a":"\ufffe\uffff\u007f\u0001"}`, String.raw`{"a":"\ufffe\uffff\u007f\u0001"}`],
        ["backslashes", String.raw`{"a\\u0000":"\\u0000 \\ud800 \\"}`, String.raw`{"a\\u0000":"\\u0000 \\ud800 \\"}`],
        ["quotes", String.raw`{"a":"'; DROP TABLE event_timeline; -- $1 $$ {} \" %s"}`, ""],
        ["separators", String.raw`{"a":"\u2028\u2029\ufeff"}`, ""],
        ["proto", `{"__proto__":{"polluted":1},"constructor":{"prototype":1},"toString":null}`, ""],
        ["proto-array", `{"a":[{"__proto__":null},{"__proto__":[]}]}`, ""],
        ["empty", `{"":{"":""}}`, ""],
        ["twice", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`],
        ["long", `{"a":"${long}"}`, ""]
      ]
      yield* send(batch(planStarted("start")))
      const answer = yield* send(eventsOf(...table.map(([name, data]) => withData(name, data))))
      assert.deepStrictEqual(verdicts(answer), { accepted: table.length, duplicates: 0, rejected: [] })
      const events = yield* timeline("p")
      for (const [name, data, kept] of table) {
        const event = events.find(({ event_id }) => event_id === name)
        // Compared as text: `deepStrictEqual` would take `__proto__` for the prototype.
        assert.strictEqual(sorted(event?.data), sorted(JSON.parse(kept === "" ? data : kept)), name)
      }
      assert.isFalse("polluted" in {})
    }))

  it.live("is the same event again when it comes again", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const body = eventsOf(withData("a", String.raw`{"\u0000":"\ud800","__proto__":1}`))
      yield* send(body)
      assert.strictEqual(verdicts(yield* send(body)).duplicates, 1)
      const spaced = body.replaceAll(":", " : ").replace("10 : 00 : 00", "10:00:00")
      assert.strictEqual(verdicts(yield* send(spaced)).duplicates, 1)
      const other = yield* send(eventsOf(withData("a", `{"__proto__":2}`)))
      assert.deepStrictEqual(codes(other), { 0: "id_conflict" })
    }))

  it.live("is refused in ids and types, each event alone", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const table: ReadonlyArray<readonly [fields: string, code: string]> = [
        [String.raw`"id":"a\u0000"`, "invalid_text"],
        [String.raw`"id":"\ud800"`, "invalid_text"],
        [String.raw`"id":"1","type":"a\udfffb"`, "invalid_text"],
        [String.raw`"id":"2","correlation_id":"\u0000"`, "invalid_text"],
        [String.raw`"id":"3","data":{"plan_id":"\udc00"}`, "invalid_text"],
        [String.raw`"id":"4","topic":"\u0000"`, "invalid_text"],
        [`"id":"."`, "invalid_id"],
        [`"id":".."`, "invalid_id"],
        [`"id":""`, "invalid_id"],
        [`"id":["5"]`, "invalid_id"],
        [`"id":{"toString":1}`, "invalid_id"],
        [`"id":6`, "invalid_id"],
        [`"id":null`, "missing_field"],
        [`"__proto__":{"id":"7"}`, "missing_field"],
        [`"id":"8","type":{}`, "invalid_type"],
        [`"id":"9","type":""`, "invalid_type"]
      ]
      const rest = `"time":"2026-01-11T10:00:00Z","type":"plan.started","topic":"system-events","data":{"plan_id":"p"}`
      const bad = table.map(([fields]) => `{${rest},${fields}}`)
      const answer = yield* send(eventsOf(...bad, JSON.stringify(planStarted("good"))))
      assert.strictEqual(verdicts(answer).accepted, 1)
      assert.deepStrictEqual(codes(answer), Object.fromEntries(table.map(([, code], i) => [i, code])))
    }))
})

/** JSON with the keys of every object in order. */
const sorted = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, item: unknown) =>
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([left], [right]) => left < right ? -1 : 1))
        : item
  )
