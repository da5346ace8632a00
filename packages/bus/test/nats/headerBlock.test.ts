import { assert, describe, it } from "@effect/vitest"
import { headers, type Msg } from "@nats-io/transport-node"
import { readHeaderBlock } from "../../src/nats/headerBlock.ts"
import { headerBytes } from "../../src/nats/headerBytes.ts"

const bytes = (text: string, encoding: BufferEncoding = "utf8") => new Uint8Array(Buffer.from(text, encoding))
const block = (...lines: ReadonlyArray<string>) => bytes(["NATS/1.0", ...lines, "", ""].join("\r\n"))

describe("a header block", () => {
  it("gives names as they were sent, and the first value of each", () => {
    const read = readHeaderBlock(block("Nats-Msg-Id: 1", "ce-source:grüße ", "ce-source: other", "empty:", "a: b:c"))
    assert.deepStrictEqual(read, {
      headers: { "Nats-Msg-Id": "1", "ce-source": "grüße", empty: "", a: "b:c" },
      damage: undefined
    })
  })

  it("gives nothing where there is none, and none of the status of a server", () => {
    const nothing = { headers: {}, damage: undefined }
    assert.deepStrictEqual(readHeaderBlock(new Uint8Array()), nothing)
    assert.deepStrictEqual(readHeaderBlock(bytes("NATS/1.0 100 Idle Heartbeat\r\n\r\n")), nothing)
  })

  it("makes no prototype of a name", () => {
    assert.deepStrictEqual(Object.keys(readHeaderBlock(block("__proto__: x")).headers), ["__proto__"])
  })

  it.each([
    ["bytes that are not UTF-8", bytes("NATS/1.0\r\nce-source: gr\u00fc\u00dfe\r\n\r\n", "latin1"), /UTF-8/],
    ["a surrogate in UTF-8", bytes("NATS/1.0\r\na: \u00ed\u00a0\u0080\r\n\r\n", "latin1"), /UTF-8/],
    ["another version", bytes("HTTP/1.1\r\na: b\r\n\r\n"), /NATS\/1\.0/],
    ["a name with a space", block("not a name: 1"), /not a name/],
    ["a name outside ASCII", block("größe: 1"), /größe/],
    ["no name", block(": 1"), /": 1"/],
    ["a line without a colon", block("ce-id 1"), /ce-id 1/],
    ["a line feed alone", block("a: b\nc: d"), /a: b/]
  ])("cannot have %s, and is kept as it came", (_name, given, detail) => {
    const { damage, headers } = readHeaderBlock(given)
    assert.deepStrictEqual(headers, {})
    assert.match(damage?.detail ?? "", detail)
    assert.strictEqual(damage?.bytes, given)
  })

  it("is what the client read of it where its bytes cannot be had", () => {
    const given = headers()
    given.set("ce-id", "1")
    const message: Pick<Msg, "headers"> = { headers: given }
    assert.deepStrictEqual(readHeaderBlock(headerBytes(message)).headers, { "ce-id": "1" })
    assert.deepStrictEqual(headerBytes({}), new Uint8Array())
  })
})
