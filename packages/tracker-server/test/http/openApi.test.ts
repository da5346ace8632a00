import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { request, testServer } from "./server.ts"

const Versioned = Schema.Struct({ version: Schema.String })
const Document = Schema.fromJsonString(Schema.Struct({ info: Versioned }))
const Health = Schema.fromJsonString(Versioned)

describe("the OpenAPI document", () => {
  it.live("has the version that the server says it is", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      const { info } = Schema.decodeUnknownSync(Document)((yield* request(`${url}/openapi.json`)).text)
      const { version } = Schema.decodeUnknownSync(Health)((yield* request(`${url}/health`)).text)
      assert.strictEqual(info.version, version)
    }))
})
