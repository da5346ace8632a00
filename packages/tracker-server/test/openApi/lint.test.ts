import { assert, describe, it } from "@effect/vitest"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { Effect } from "effect"
import { readFileSync } from "node:fs"

const url = new URL("../../../../docs/openapi.json", import.meta.url)

const rules = {
  // Nobody can ask these wrongly: they take neither parameters nor a key.
  "operation-4xx-response": "off",
  "no-invalid-schema-examples": "error",
  "no-invalid-media-type-examples": "error"
} as const

/** What the linter says of a document, the place first. */
const faultsOf = (source: string) =>
  Effect.promise(async () => {
    const config = await createConfig({ extends: ["recommended-strict"], rules })
    const problems = await lintFromString({ source, absoluteRef: url.pathname, config })
    return problems.map(({ location: [place], message }) => `${place?.pointer ?? ""}: ${message}`)
  })

describe("the OpenAPI document for a linter", () => {
  it.effect("has no fault", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* faultsOf(readFileSync(url, "utf8")), [])
    }))

  it.effect("would have one with a reference to nothing, or an example that its schema does not allow", () =>
    Effect.gen(function*() {
      const source = readFileSync(url, "utf8")
        .replace("#/components/schemas/BadRequestEncoded", "#/none")
        .replace(`"task_count": 5,`, `"task_count": "five",`)
      const faults = (yield* faultsOf(source)).join("\n")
      assert.match(faults, /Can't resolve \$ref/)
      assert.match(faults, /task_count.*must be integer/)
    }))
})
