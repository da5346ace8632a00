import { assert, describe, it } from "@effect/vitest"
import { table } from "../../src/cli/table.ts"

describe("a table", () => {
  it("aligns its columns by what they take on a terminal", () => {
    assert.strictEqual(
      table([["ID", "NAME", "SCOPES"], ["1", "鍵", "query"], ["22", "", "-"]]),
      "ID  NAME  SCOPES\n1   鍵    query\n22        -"
    )
  })

  it("shows what a tenant wrote without letting it control the terminal", () => {
    assert.strictEqual(
      table([["NAME"], ["a\nkey_1 default"], ["\u001b[2Jb\u009b1m"], ["\u202Ec"]]),
      "NAME\na key_1 default\n\\u{1b}[2Jb\\u{9b}1m\n\\u{202e}c"
    )
  })
})
