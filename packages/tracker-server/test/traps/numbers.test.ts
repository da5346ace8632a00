import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, codes, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"

const note = (id: string, number: string) =>
  `{"id":"${id}","time":"2026-01-11T10:00:00Z","type":"note","plan_id":"p","data":{"n":${number}}}`

const eventsOf = (...texts: ReadonlyArray<string>) => `{"events":[${texts.join(",")}]}`

const total = (value: string) =>
  `{"id":"d${value}","time":"2026-01-11T10:00:00Z","type":"delegation.started","topic":"system-events",` +
  `"data":{"group_id":"g${value}","parent_task_id":"t","total_tasks":${value}}}`

describe("numbers", () => {
  it.live("come back as the nearest double", () =>
    Effect.gen(function*() {
      const { send, timeline } = yield* ingestServer
      const numbers = [
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
        "1.7976931348623157e308",
        "5e-324",
        "1e-400",
        "0.1000000000000000055511151231257827",
        "-0",
        "1E+2",
        "3.0"
      ]
      yield* send(batch(planStarted("start")))
      const answer = yield* send(eventsOf(...numbers.map((number, i) => note(`n${i}`, number))))
      assert.strictEqual(verdicts(answer).accepted, numbers.length)
      const events = yield* timeline("p")
      numbers.forEach((number, i) => {
        const data = events.find(({ event_id }) => event_id === `n${i}`)?.data
        // As text, since -0 is 0 in canonical JSON.
        assert.strictEqual(JSON.stringify(data), JSON.stringify({ n: Number(number) }), number)
      })
    }))

  it.live("outside of a double are refused, never turned into null", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const numbers = ["1e400", "-1e400", "1e999999999", `1${"0".repeat(400)}`, "[[1e400]]", `{"a":-1e309}`]
      const answer = yield* send(eventsOf(...numbers.map((number, i) => note(`n${i}`, number)), note("good", "1e308")))
      assert.strictEqual(verdicts(answer).accepted, 1)
      assert.deepStrictEqual(codes(answer), Object.fromEntries(numbers.map((_, i) => [i, "invalid_number"])))
      const job = `{"eventId":"j","timestamp":"2026-01-11T10:00:00Z","type":"t","sequence":1e400}`
      assert.deepStrictEqual(codes(yield* send(eventsOf(job))), { 0: "invalid_number" })
    }))

  it.live("that are no JSON make no JSON", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      for (const number of ["NaN", "Infinity", "-Infinity", "0x10", "01", "1.", ".5", "+1", "1_000", "1n"]) {
        assert.strictEqual((yield* send(eventsOf(note("n", number)))).status, 400, number)
      }
    }))

  it.live("where a whole number is asked for", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const table: ReadonlyArray<readonly [sequence: string, code: string | undefined]> = [
        ["9007199254740991", undefined],
        ["9007199254740993", "invalid_payload"],
        ["-1", "invalid_payload"],
        ["1.5", "invalid_payload"],
        [`"1"`, "invalid_payload"],
        ["1e3", undefined]
      ]
      const started = table.map(([sequence], i) =>
        `{"eventId":"s${i}","timestamp":"2026-01-11T10:00:00Z","type":"job.created","instanceId":"task:t:1",` +
        `"jobType":"task","jobName":"t","incarnationId":"life","sequence":${sequence}}`
      )
      const refused = table.flatMap(([, code], i) => code === undefined ? [] : [[i, code]])
      assert.deepStrictEqual(codes(yield* send(eventsOf(...started))), Object.fromEntries(refused))
      const totals = yield* send(eventsOf(...["9007199254740991", "1e300", "-1", "0.5", "1e18"].map(total)))
      assert.notProperty(codes(totals), "0")
      assert.strictEqual(codes(totals)["2"], "invalid_payload")
      assert.strictEqual(codes(totals)["3"], "invalid_payload")
    }))
})
