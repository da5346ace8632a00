import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { eventLine, eventTexts } from "../../src/events/eventLines.ts"

const json = fc.string().map((text) => JSON.stringify(text))
const events = fc.array(fc.record({ head: json, common: fc.constantFrom("\"a\"", "\"b\"", "\"c\""), own: json }))

describe("the lines of events", () => {
  it("are the events' texts again, whichever of them share their common part", () => {
    fc.assert(fc.property(events, (events) => {
      const lines = events.map(({ common, head, own }, index) =>
        eventLine(head, common, own, events[index - 1]?.common === common)
      )
      assert.deepStrictEqual(eventTexts(lines), events.map(({ common, head, own }) => head + common + own))
    }))
  })

  it("have the common part once", () => {
    const lines = [
      eventLine("{\"n\":1,", "\"common\":0", "}", false),
      eventLine("{\"n\":2,", "\"common\":0", "}", true)
    ]
    assert.lengthOf(lines.join("").split("common"), 2)
  })

  it("may be whole texts, as earlier versions have stored them", () => {
    assert.deepStrictEqual(eventTexts(["{\"n\":1}", "{\"n\":2}"]), ["{\"n\":1}", "{\"n\":2}"])
  })
})
