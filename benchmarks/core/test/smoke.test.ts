import { assert, beforeAll, describe, it } from "@effect/vitest"
import { smokeRun } from "../../harness/test/smokeRun.ts"
import { faultCatalogue, minute } from "../src/faults/catalogue.ts"
import { lostIn } from "../src/faults/faultGoals.ts"
import { timedPlans } from "../src/plan.ts"
import { type Results, ResultsFile } from "../src/Results.ts"

const faults = [...faultCatalogue(true), minute(true)]

describe("a smoke run of the benchmark", () => {
  let results: Results
  let printed: string
  let markdown: string

  beforeAll(async () => {
    ;({ markdown, printed, results } = await smokeRun("core", ResultsFile))
  }, 240_000)

  it("says of every goal what was measured", () => {
    assert.lengthOf(results.goals, 11 + faults.length + 3)
    for (const { goal, measured, verdict } of results.goals) {
      assert.notStrictEqual(verdict, "not measured", goal)
      assert.notInclude(measured, "NaN", goal)
    }
  })

  it("keeps the numbers of every round and contender", () => {
    for (const [name, { contenders, shown }] of Object.entries(timedPlans(true))) {
      for (const contender of contenders) {
        const rounds = results.timed[name]?.[contender] ?? []
        assert.lengthOf(rounds, results.rounds, `${name}, ${contender}`)
        for (const numbers of rounds) assert.isAbove(numbers[shown] ?? 0, 0, `${name}, ${contender}`)
      }
    }
  })

  it("runs every fault with our tracker, which loses what is at fault and doubles nothing", () => {
    for (const { atFault, judged, name } of faults) {
      for (const contender of judged) {
        const found = results.faults.find((run) => run.fault === name && run.contender === contender)
        assert.isDefined(found, `${name}, ${contender}`)
        assert.strictEqual(lostIn(found), atFault, `${name}, ${contender}: lost`)
        assert.strictEqual(found.duplicates, 0, `${name}, ${contender}: twice`)
      }
    }
  })

  it("has books that balance, whatever our tracker met", () => {
    const ours = results.faults.filter(({ contender }) => contender.startsWith("ours"))
    assert.isNotEmpty(ours)
    for (const { contender, emitted, fault, numbers } of ours) {
      const { toldDelivered = 0, toldEmitted = 0, toldLost = 0 } = numbers
      assert.strictEqual(toldEmitted, emitted, `${fault}, ${contender}`)
      assert.strictEqual(toldEmitted, toldDelivered + toldLost, `${fault}, ${contender}`)
    }
  })

  it("prints every goal and every fault, for a terminal and as Markdown", () => {
    for (const text of [printed, markdown]) {
      for (const { goal } of results.goals) assert.include(text, goal)
      for (const { title } of faults) assert.include(text, title)
      assert.include(text, "the numbers mean nothing")
    }
  })
})
