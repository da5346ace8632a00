import { describe, expect, it } from "vitest"
import { byFrequency, summaryLines } from "../src/summary.ts"
import { addPackage, noTotals } from "../src/Totals.ts"

const reviewed = (licence: string, packages: number) => ({
  licence,
  totals: { packages, files: 3 * packages, bytes: 2_000_000 * packages },
  verdict: "keep its notice" as const
})

describe("summary", () => {
  it("adds packages, files and bytes up", () => {
    const totals = [{ files: 3, bytes: 10 }, { files: 4, bytes: 20 }].reduce(addPackage, noTotals)
    expect(totals).toEqual({ packages: 2, files: 7, bytes: 30 })
  })

  it("sorts licences by how frequent they are, and then by name", () => {
    const sorted = byFrequency([reviewed("MPL-2.0", 1), reviewed("ISC", 1), reviewed("MIT", 2)])
    expect(sorted.map(({ licence }) => licence)).toEqual(["MIT", "ISC", "MPL-2.0"])
  })

  it("has a line for each licence, and says that nothing was left out", () => {
    const [head, first, second, last] = summaryLines({
      licences: [reviewed("MIT", 2), { ...reviewed("ISC", 1), verdict: null }],
      unreadable: []
    })
    expect(head).toMatch(/^licence +packages +files +MB +verdict$/)
    expect(first).toMatch(/^MIT +2 +6 +4\.0 {2}keep its notice$/)
    expect(second).toMatch(/^ISC +1 +3 +2\.0 {2}none$/)
    expect(last).toBe("Every package could be audited.")
  })

  it("names what could not be audited, and why", () => {
    expect(summaryLines({ licences: [], unreadable: [{ path: "a", reason: "no JSON" }] }).slice(1)).toEqual([
      "1 could not be audited and wait among the dead letters:",
      "  a: no JSON"
    ])
  })
})
