import { assert, beforeAll, describe, it } from "@effect/vitest"
import { smokeRun } from "../../harness/test/smokeRun.ts"
import { contenderOf } from "../src/contenders/index.ts"
import { plans } from "../src/plan.ts"
import { type Results, ResultsFile } from "../src/Results.ts"

describe("a smoke run of the benchmark", () => {
  let results: Results
  let printed: string
  let markdown: string

  beforeAll(async () => {
    ;({ markdown, printed, results } = await smokeRun("server", ResultsFile))
  }, 600_000)

  it("says of every goal what was measured", () => {
    assert.lengthOf(results.goals, 18)
    for (const { goal, measured, verdict } of results.goals) {
      // Two measurements of the smoke run leave most of the peers out, so nothing of them is held against 500.
      const isLeftOut = goal.includes("500") && goal.includes("peers")
      assert.strictEqual(verdict === "not measured", isLeftOut, goal)
      assert.notInclude(measured, "NaN", goal)
    }
  })

  it("keeps the numbers of every round and contender", () => {
    for (const [name, { contenders, rounds, shown }] of Object.entries(plans(true, 1))) {
      for (const contender of contenders) {
        const kept = results.timed[name]?.[contender] ?? []
        assert.lengthOf(kept, rounds ?? results.rounds, `${name}, ${contender}`)
        for (const numbers of kept) {
          assert.property(numbers, shown, `${name}, ${contender}`)
          assert.isAbove(numbers["eventsPerSecond"] ?? 0, 0, `${name}, ${contender}`)
        }
      }
    }
  })

  it("tells what makes the load apart from what is measured", () => {
    for (const [name, { contenders }] of Object.entries(plans(true, 1))) {
      for (const contender of contenders) {
        for (const numbers of results.timed[name]?.[contender] ?? []) {
          assert.strictEqual("loadCpuMicrosPerEvent" in numbers, contenderOf(contender).isServed, contender)
        }
      }
    }
  })

  it("prints every goal, for a terminal and as Markdown", () => {
    for (const text of [printed, markdown]) {
      for (const { goal } of results.goals) assert.include(text, goal)
      assert.include(text, "the numbers mean nothing")
    }
  })
})
