import { assert, describe, it } from "@effect/vitest"
import { Lines } from "../../../src/storage/postgres/Lines.ts"

describe("Lines", () => {
  it("forgets an empty line", () => {
    const lines = new Lines()
    lines.forgetIfEmpty(lines.of("a"))
    assert.strictEqual(lines.size, 0)
  })

  it("keeps the line that took the place of a forgotten one", () => {
    const lines = new Lines()
    const first = lines.of("a")
    lines.forgetIfEmpty(first)
    const second = lines.of("a")
    lines.forgetIfEmpty(first)
    assert.strictEqual(lines.of("a"), second)
  })
})
