import { describe, expect, it } from "vitest"
import { addAudit, emptySummary, summaryLines } from "../src/summary.ts"

const audit = (name: string, licence: string, problems: ReadonlyArray<string> = []) => ({
  name,
  version: "1.0.0",
  licence,
  files: 3,
  bytes: 2_000_000,
  problems
})

describe("summary", () => {
  const summary = [audit("a", "ISC"), audit("b", "MIT"), audit("c", "MIT", ["no repository"])].reduce(
    addAudit,
    emptySummary
  )

  it("adds packages, files and bytes up by licence", () => {
    expect(summary.byLicence["MIT"]).toEqual({ packages: 2, files: 6, bytes: 4_000_000 })
  })

  it("shows the most frequent licence first and says what is broken", () => {
    const [head, first, second, problems] = summaryLines(summary)
    expect(head).toMatch(/^licence +packages +files +MB$/)
    expect(first).toMatch(/^MIT +2 +6 +4\.0$/)
    expect(second).toMatch(/^ISC +1 +3 +2\.0$/)
    expect(problems).toBe("1 manifest fields are missing or broken, such as c@1.0.0: no repository.")
  })

  it("says so when nothing is broken", () => {
    expect(summaryLines([audit("a", "MIT")].reduce(addAudit, emptySummary)).at(-1)).toBe("No manifest lacks a field.")
  })
})
