import { describe, expect, it } from "vitest"
import { verdictOn } from "../src/verdict.ts"

describe("verdictOn", () => {
  it.each([
    ["MIT", "keep its notice"],
    ["Apache-2.0", "keep its notice"],
    ["0BSD", "keep its notice"],
    ["BSD-3-Clause", "keep its notice"],
    ["Python-2.0", "keep its notice"],
    ["MPL-2.0", "share changes to it"],
    ["LGPL-3.0-or-later", "share changes to it"],
    ["AGPL-3.0-only", "ask a lawyer"],
    ["GPL-2.0", "ask a lawyer"],
    ["(MIT OR GPL-3.0-only)", "read it yourself"],
    ["MIT AND GPL-2.0", "read it yourself"],
    ["CC-BY-NC-4.0", "read it yourself"],
    ["MITRE", "read it yourself"],
    ["SEE LICENSE IN LICENSE.md", "read it yourself"],
    ["unknown", "read it yourself"]
  ])("says of %s: %s", (licence, verdict) => {
    expect(verdictOn(licence)).toBe(verdict)
  })
})
