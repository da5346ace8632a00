import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { join } from "node:path"
import { tempFolder } from "../../harness/src/tempFolder.ts"
import { markedCells } from "../src/contenders/MarkedCells.ts"
import { makeTape } from "../src/traffic/makeTape.ts"
import { marks, newPass } from "../src/traffic/marks.ts"
import { Requests } from "../src/traffic/Requests.ts"
import { readTape } from "../src/traffic/Tape.ts"

const readEvents = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ events: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) }))
)

const head = "POST / HTTP/1.1\r\n"

/** The events of a request as it is on the wire. */
const eventsOf = (bytes: Uint8Array) => {
  const text = new TextDecoder().decode(bytes)
  const [first = "", body = ""] = text.split("\r\n\r\n")
  assert.include(first, `content-length: ${body.length}`)
  return readEvents(body).events
}

const idOf = (event: { readonly [field: string]: unknown }) => event["eventId"] ?? event["id"]

describe("a tape", () => {
  it.live("has all four types of jobs and plans of agents, and is played with new ids each time", () =>
    Effect.gen(function*() {
      const file = join(yield* tempFolder, "tape.json")
      yield* makeTape(file)
      const tape = readTape(file)
      const requests = new Requests(tape, 100, head)
      const players = [requests.player(0, 2), requests.player(1, 2)]
      const passes = 2
      const events = Array.from(
        { length: passes * tape.length / 100 },
        () => players.flatMap((next) => eventsOf(next().bytes))
      ).flat()

      assert.strictEqual(new Set(events.map(idOf)).size, players.length * passes * tape.length)
      assert.sameMembers(
        [...new Set(events.map(({ jobType }) => jobType))],
        ["continuous", "debounce", "task", "workerPool", undefined]
      )
      const times = events.map(({ time, timestamp }) => Date.parse(String(timestamp ?? time)))
      assert.isBelow(Math.max(...times.map((time) => Math.abs(time - Date.now()))), 60_000)
      for (const mark of [marks.id(0).slice(0, 15), marks.trace(0).slice(0, 16), marks.second(0).slice(0, 17)]) {
        assert.notInclude(JSON.stringify(events), mark)
        assert.include(tape.join(""), mark)
      }
    }))

  it("keeps a life together: what was one id stays one within a pass, and is another in the next", () => {
    const [plan, trace] = [marks.id(7), marks.trace(3)]
    const tape = [1, 2].map((nth) => JSON.stringify({ eventId: marks.id(nth), plan, trace, at: `${plan}:r1` }))
    const next = new Requests(tape, 2, head).player(0, 1)
    const [first, second] = [eventsOf(next().bytes), eventsOf(next().bytes)]
    for (const [one, other] of [first, second]) {
      assert.strictEqual(one?.["plan"], other?.["plan"])
      assert.strictEqual(one?.["trace"], other?.["trace"])
      assert.strictEqual(one?.["at"], `${String(one?.["plan"])}:r1`)
    }
    assert.notStrictEqual(first[0]?.["plan"], second[0]?.["plan"])
    assert.notStrictEqual(first[0]?.["trace"], second[0]?.["trace"])
    const ids = [second, first].map(([event]) => String(event?.["plan"]))
    assert.deepStrictEqual(ids.toSorted(), ids.toReversed(), "ids ascend, as those of UUIDv7 do")
  })
})

describe("rows that are written bare", () => {
  it("have the same put in place of their marks as requests have", () => {
    const pass = newPass()
    const mark = marks.id(1)
    const texts = [`${mark}:r1`, null, "plain", `{"at": "${marks.second(2)}.5Z", "of": "${marks.trace(4)}"}`]
    const [id, none, plain, json] = markedCells(texts)(pass)
    assert.strictEqual(id, `${pass.id}${mark.slice(13)}:r1`)
    assert.deepStrictEqual([none, plain], [null, "plain"])
    assert.strictEqual(json, `{"at": "${pass.second(2)}.5Z", "of": "${pass.trace(4)}${marks.trace(4).slice(12)}"}`)
  })
})
