import { subjectsOf } from "@durable-effect/bus/nats"
import { assert, describe, it } from "@effect/vitest"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { group, topics } from "../../src/subscribers/topics.ts"

const url = new URL("../../../../docs/asyncapi.json", import.meta.url)
const source = readFileSync(url, "utf8")

/** What the linter says of a document. */
const faultsOf = (source: string) =>
  Effect.promise(async () => {
    const config = await createConfig({ extends: ["recommended"] })
    const problems = await lintFromString({ source, absoluteRef: url.pathname, config })
    return problems.map(({ location: [place], message }) => `${place?.pointer ?? ""}: ${message}`)
  })

/** What a reference within the document leads to. */
const leadsTo = (reference: string): unknown =>
  reference.slice(2).split("/").reduce((value: unknown, name) => Object(value)[name], JSON.parse(source))

const Channels = Schema.fromJsonString(Schema.Struct({
  channels: Schema.Record(Schema.String, Schema.Struct({ address: Schema.String, description: Schema.String }))
}))

describe("the AsyncAPI document", () => {
  it.effect("has no fault for a linter, which finds one that is made", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* faultsOf(source), [])
      assert.notDeepEqual(yield* faultsOf(source.replace(`"action": "receive"`, `"action": "hear"`)), [])
    }))

  it("has no reference to nothing", () => {
    const references = [...source.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference = ""]) => reference)
    assert.isAbove(references.length, 20)
    assert.deepStrictEqual(references.filter((one) => leadsTo(one) === undefined), [])
  })

  it.effect("names the subjects and consumers that the server listens by", () =>
    Effect.gen(function*() {
      const { channels } = yield* Schema.decodeEffect(Channels)(source)
      assert.deepStrictEqual(Object.keys(channels).sort(), [...topics].sort())
      const { consumer, stream, subject } = subjectsOf("tracker")
      for (const topic of topics) {
        const { address = "", description = "" } = channels[topic] ?? {}
        assert.strictEqual(address.replace("{prefix}", "tracker"), subject(topic))
        assert.include(description, `\`${consumer(group, topic)}\``)
        assert.include(description, `\`${stream(topic)}\``)
      }
    }))
})
