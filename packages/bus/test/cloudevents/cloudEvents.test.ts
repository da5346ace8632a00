import { assert, describe, it } from "@effect/vitest"
import { decodeMessage } from "../../src/cloudevents/decode.ts"
import { encodeBinary, encodeStructured } from "../../src/cloudevents/encode.ts"

const event = {
  id: "e-1",
  source: "agents/größe",
  specversion: "1.0",
  type: "task.progress",
  time: "2026-01-11T10:00:00Z",
  topic: "system-events",
  correlation_id: "100 % \"sure\"",
  data: { task_id: "t", state: "running", message: "ö€😀" }
}

const bytes = (text: string) => new TextEncoder().encode(text)

const valueOf = (message: Parameters<typeof decodeMessage>[0]) => {
  const decoded = decodeMessage(message)
  return decoded._tag === "Value" ? decoded.value : decoded
}

describe("an event as a message", () => {
  it("is its JSON in structured mode", () => {
    const message = encodeStructured(event)
    assert.match(message.headers["content-type"] ?? "", /^application\/cloudevents\+json/)
    assert.deepStrictEqual(valueOf(message), event)
  })

  it("has its attributes in headers in binary mode", () => {
    const message = encodeBinary(event)
    assert.deepInclude(message.headers, {
      "ce-id": "e-1",
      "ce-source": "agents/gr%C3%B6%C3%9Fe",
      "ce-correlationid": "100%20%25%20%22sure%22"
    })
    const { correlation_id, ...others } = event
    assert.deepStrictEqual(valueOf(message), { ...others, correlationid: correlation_id })
  })

  it("is read with its trace, whichever header has that", () => {
    for (const name of ["traceparent", "Traceparent", "ce-traceparent"]) {
      const decoded = decodeMessage({ ...encodeBinary(event), headers: { "ce-id": "1", [name]: "00-a-b-01" } })
      assert.strictEqual(decoded._tag === "Value" ? decoded.traceparent : undefined, "00-a-b-01")
    }
  })

  it("is read from a body alone", () => {
    assert.deepStrictEqual(valueOf({ headers: {}, body: bytes(JSON.stringify(event)) }), event)
    assert.deepStrictEqual(valueOf({ headers: { "Nats-Msg-Id": "1" }, body: bytes("[1]") }), [1])
  })

  it("has data of JSON unless something else is said, and what is said stays an attribute", () => {
    const body = bytes("{\"a\":1}")
    const expected = { id: "1", data: { a: 1 } }
    const datacontenttype = "application/json"
    assert.deepStrictEqual(valueOf({ headers: { "ce-id": "1" }, body }), expected)
    const announced = { "CE-ID": "1", "content-type": "application/json; charset=utf-8" }
    assert.deepStrictEqual(valueOf({ headers: announced, body }), expected)
    const said = { "Ce-Id": "1", "ce-datacontenttype": datacontenttype }
    assert.deepStrictEqual(valueOf({ headers: said, body }), { ...expected, datacontenttype })
    assert.deepStrictEqual(valueOf({ headers: { "ce-id": "1" }, body: bytes("") }), { id: "1" })
  })

  it("keeps data that is no JSON as text, or in Base64", () => {
    const headers = { "ce-id": "1", "ce-datacontenttype": "text/plain" }
    assert.deepInclude(valueOf({ headers, body: bytes("hällo") }), { data: "hällo", datacontenttype: "text/plain" })
    assert.deepInclude(valueOf({ headers, body: new Uint8Array([255, 0]) }), { data_base64: "/wA=" })
  })

  it("reads values in quotes, as older senders write them", () => {
    assert.deepInclude(
      valueOf({ headers: { "ce-id": "1", "ce-source": "\"a \\\"b\\\" %C3%A4\"" }, body: bytes("{}") }),
      { source: "a \"b\" ä" }
    )
  })

  it.each([
    ["not JSON", {}, bytes("{\"a\":"), "not_json"],
    ["an empty body", {}, bytes(""), "not_json"],
    ["a body that is not UTF-8", {}, new Uint8Array([123, 255, 125]), "not_text"],
    ["data that is not JSON", { "ce-id": "1" }, bytes("nope"), "not_json"],
    ["an overlong percent-encoding", { "ce-source": "%C0%A0" }, bytes("{}"), "not_text"],
    ["a cut percent-encoding", { "ce-source": "%E2%82" }, bytes("{}"), "not_text"],
    ["a percent sign that encodes nothing", { "ce-source": "100%" }, bytes("{}"), "not_text"]
  ])("cannot be %s", (_name, headers, body, reason) => {
    const decoded = decodeMessage({ headers, body })
    assert.strictEqual(decoded._tag === "Undecodable" ? decoded.reason : undefined, reason)
  })

  it("makes no prototype of a header", () => {
    const value = valueOf({ headers: { "ce-id": "1", "ce-__proto__": "x" }, body: bytes("{}") })
    assert.deepStrictEqual(Object.keys(value ?? {}).sort(), ["__proto__", "data", "id"])
  })
})
