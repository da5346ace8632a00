import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { faultCatalogue, minute } from "../src/faults/catalogue.ts"
import { lostIn } from "../src/faults/faultGoals.ts"
import { timedPlans } from "../src/plan.ts"
import { type Results, ResultsFile } from "../src/Results.ts"

const bench = fileURLToPath(new URL("../../bench.ts", import.meta.url))
const run = promisify(execFile)

/** The command as people run it, but for the build: this test must not write into packages. */
const benchCore = async (...words: ReadonlyArray<string>): Promise<string> => {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning"]
  return (await run(process.execPath, [...flags, bench, "core", ...words])).stdout
}

const faults = [...faultCatalogue(true), minute(true)]

describe("a smoke run of the benchmark", () => {
  let results: Results
  let printed: string
  let markdown: string

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "bench-smoke-"))
    try {
      const file = join(folder, "results.json")
      printed = await benchCore("--smoke", "--source", "--out", file)
      results = Schema.decodeUnknownSync(ResultsFile)(await readFile(file, "utf8")) // numbers that are none fail here
      markdown = await benchCore("--markdown", file)
    } finally {
      await rm(folder, { recursive: true })
    }
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
