import { assert, beforeAll, describe, it } from "@effect/vitest"
import { smokeRun } from "../../harness/test/smokeRun.ts"
import { contenders } from "../src/options.ts"
import { type Results, ResultsFile } from "../src/Results.ts"

describe("a smoke run of the benchmark of the bus", () => {
  let results: Results
  let printed: string
  let markdown: string

  beforeAll(async () => {
    ;({ markdown, printed, results } = await smokeRun("bus", ResultsFile))
  }, 600_000)

  it("keeps the numbers of both doors: everything that was published is stored", () => {
    for (const contender of contenders) {
      const kept = results.timed["ingest-100"]?.[contender] ?? []
      assert.lengthOf(kept, results.rounds, contender)
      for (const numbers of kept) assert.isAbove(numbers["eventsPerSecond"] ?? 0, 0, contender)
    }
  })

  it("holds them against its goal, and prints that", () => {
    assert.lengthOf(results.goals, 1)
    for (const { goal, measured, verdict } of results.goals) {
      assert.notStrictEqual(verdict, "not measured")
      assert.notInclude(measured, "NaN")
      for (const text of [printed, markdown]) assert.include(text, goal)
    }
  })
})
