import { assert, beforeAll, describe, it } from "@effect/vitest"
import { smokeRun } from "../../harness/test/smokeRun.ts"
import { type ContenderName, contenderOf } from "../src/contenders/index.ts"
import { plans } from "../src/plan.ts"
import { type Results, ResultsFile } from "../src/Results.ts"
import { redisVersion } from "../src/servers/redis.ts"

const hasRedis = redisVersion() !== undefined
const isThere = (contender: ContenderName) => hasRedis || contenderOf(contender).server !== "redis"

describe("a smoke run of the benchmark", () => {
  let results: Results
  let printed: string
  let markdown: string

  beforeAll(async () => {
    ;({ markdown, printed, results } = await smokeRun("jobs", ResultsFile))
  }, 240_000)

  it("says of every goal what was measured", () => {
    assert.lengthOf(results.goals, 7)
    for (const { goal, measured, verdict } of results.goals) {
      if (hasRedis || !goal.includes("BullMQ")) assert.notStrictEqual(verdict, "not measured", goal)
      assert.notInclude(measured, "NaN", goal)
    }
  })

  it("keeps the numbers of every round and contender", () => {
    for (const [name, { contenders, shown }] of Object.entries(plans(true))) {
      for (const contender of contenders.filter(isThere)) {
        const rounds = results.timed[name]?.[contender] ?? []
        assert.lengthOf(rounds, results.rounds, `${name}, ${contender}`)
        for (const numbers of rounds) assert.property(numbers, shown, `${name}, ${contender}`)
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

describe("without redis-server", () => {
  it("leaves BullMQ out, says how to install it, and calls its goals not measured", async () => {
    const words = ["--only", "throughput", "--contender", "ours,bullmq"]
    const { printed, results, told } = await smokeRun("jobs", ResultsFile, words, { PATH: "" })
    assert.include(told, "apt-get install redis-server")
    assert.lengthOf(results.timed["throughput"]?.["ours"] ?? [], results.rounds)
    assert.notProperty(results.timed["throughput"], "bullmq")
    const beside = results.goals.filter(({ goal }) => goal.includes("BullMQ"))
    assert.isNotEmpty(beside)
    for (const { goal, verdict } of beside) assert.strictEqual(verdict, "not measured", goal)
    assert.include(printed, "not measured")
  }, 60_000)
})
