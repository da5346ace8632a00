import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type SentBlock, sentBlocks } from "../../src/client/serverSentEvents.ts"

const blocks = (text: string): ReadonlyArray<SentBlock> =>
  Effect.runSync(Stream.runCollect(sentBlocks(Stream.splitLines(Stream.make(text)))))

describe("blocks of server-sent events", () => {
  it("are what lies between two empty lines", () => {
    assert.deepStrictEqual(blocks("event: a\nid: 1\ndata: {}\n\nid: 2\n\n"), [
      { event: "a", id: "1", data: "{}" },
      { id: "2" }
    ])
  })

  it.each<readonly [why: string, text: string, read: SentBlock]>([
    ["several lines of data are one text", "data: a\ndata:b\ndata\n\n", { data: "a\nb\n" }],
    ["one space after the colon is none of the value", "data:  a: b\n\n", { data: " a: b" }],
    ["comments and fields that are not known are passed over", ": alive\nretry: 1000\nlater: x\nid: 7\n\n", {
      id: "7"
    }],
    ["lines may end as they do elsewhere", "id: 1\r\ndata: x\r\n\r\n", { id: "1", data: "x" }]
  ])("%s", (_, text, read) => assert.deepStrictEqual(blocks(text), [read]))

  it("are not there without the last empty line", () => {
    assert.deepStrictEqual(blocks("id: 1\ndata: x\n\nid: 12\ndata: y"), [{ id: "1", data: "x" }])
  })
})
