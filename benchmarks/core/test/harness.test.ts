import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { judge } from "../../harness/src/Goal.ts"
import { readOptions, UsageError } from "../../harness/src/options.ts"
import { RunFailed, runInOwnProcess } from "../../harness/src/ownProcess.ts"
import { median, percentile } from "../../harness/src/statistics.ts"
import { renderMarkdown, renderText } from "../../harness/src/table.ts"
import { inTurns, ratiosOf } from "../../harness/src/turns.ts"
import { makeEvents, markOf } from "../src/event.ts"
import { choice } from "../src/options.ts"

describe("statistics", () => {
  it("takes the middle of an odd count and the mean of the two in the middle of an even one", () => {
    assert.strictEqual(median([9, 1, 5]), 5)
    assert.strictEqual(median([4, 1, 3, 2]), 2.5)
  })

  it("reads percentiles by size, not by text", () => {
    const values = Array.from({ length: 1000 }, (_, index) => 1000 - index)
    assert.strictEqual(percentile(values, 0.5), 501)
    assert.strictEqual(percentile(values, 0.999), 1000)
  })
})

describe("turns", () => {
  it.effect("runs each contender once a round and lets another begin each time", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const runs = yield* inTurns(["a", "b", "c"], 3, (contender, round) =>
        Effect.sync(() => {
          order.push(contender)
          return { round }
        }))
      assert.deepStrictEqual(order, ["a", "b", "c", "b", "c", "a", "c", "a", "b"])
      assert.deepStrictEqual(runs["a"], [{ round: 0 }, { round: 1 }, { round: 2 }])
    }))

  it("compares within a round, with the peer that is best over all rounds", () => {
    const runs = {
      us: [{ cost: 10 }, { cost: 30 }, { cost: 20 }],
      one: [{ cost: 20 }, { cost: 40 }, { cost: 20 }],
      other: [{ cost: 5 }, { cost: 50 }, { cost: 80 }]
    }
    assert.deepStrictEqual(ratiosOf(runs, "cost", "us", ["one", "other"]), [0.5, 0.75, 1])
    assert.deepStrictEqual(ratiosOf(runs, "cost", "us", ["one", "other"], "highest"), [2, 0.6, 0.25])
    assert.deepStrictEqual(ratiosOf(runs, "cost", "us", ["nobody"]), [])
  })
})

describe("goals", () => {
  it("are judged by the median", () => {
    const values = [0.9, 5, 1.1]
    assert.strictEqual(judge({ name: "cost", atMost: 1.1, values }).verdict, "met")
    assert.strictEqual(judge({ name: "cost", atMost: 1, values }).verdict, "missed")
    assert.strictEqual(judge({ name: "speed", atLeast: 1.1, values }).verdict, "met")
    assert.strictEqual(judge({ name: "speed", atLeast: 2, values }).verdict, "missed")
    assert.strictEqual(judge({ name: "speed", atLeast: 2, values: [] }).verdict, "not measured")
  })

  it("are ratios unless they say what they are", () => {
    assert.deepStrictEqual(judge({ name: "cost", atMost: 0.06, values: [0.05, 0.04] }), {
      goal: "cost",
      target: "≤ 0.06×",
      measured: "0.045× (0.040× … 0.050×)",
      verdict: "met"
    })
    assert.deepStrictEqual(judge({ name: "lateness", atMost: 2000, unit: "ms", values: [12.34, 2345.6, 3000] }), {
      goal: "lateness",
      target: "≤ 2,000 ms",
      measured: "2,346 ms (12.3 ms … 3,000 ms)",
      verdict: "missed"
    })
  })
})

describe("tables", () => {
  it("line up", () => {
    const table = [["name", "n"], ["a", "1,000"]]
    assert.strictEqual(renderText(table), "name  n\n────  ─────\na     1,000")
    assert.strictEqual(renderMarkdown(table), "| name | n     |\n| ---- | ----- |\n| a    | 1,000 |")
  })
})

describe("a process of its own", () => {
  it.live("says what went wrong in it", () =>
    Effect.gen(function*() {
      const worker = new URL("../src/worker.ts", import.meta.url)
      const failed = yield* Effect.flip(runInOwnProcess(worker, { _tag: "Unheard" }, [], "a job that there is not"))
      assert.instanceOf(failed, RunFailed)
      assert.include(failed.message, "a job that there is not")
      assert.include(failed.message, "_tag")
    }))
})

describe("events of the benchmark", () => {
  it("are told apart by one mark each", () => {
    const text = JSON.stringify(makeEvents(0, 50_000))
    const marks = Array.from(text.matchAll(/ev-\d{7}/g), ([found]) => found)
    assert.lengthOf(marks, 50_000)
    assert.strictEqual(new Set(marks).size, 50_000)
    assert.include(marks, markOf(49_999))
  })
})

const read = (...words: ReadonlyArray<string>) => readOptions(words, choice)

describe("the words after the command", () => {
  it("keep a whole run beside the published ones, and refuse one of too few rounds", () => {
    assert.deepInclude(read(), { rounds: 5, isToPublish: true })
    assert.throws(() => read("--rounds", "4"), UsageError, /fewer than 5 rounds/)
  })

  it("let a part, a smoke run or a file of one's own have as many rounds as they like", () => {
    const words = [["--rounds", "1", "--out", "x.json"], ["--rounds", "1", "--only", "noop"], ["--smoke"]]
    for (const some of words) assert.deepInclude(read(...some), { rounds: 1, isToPublish: false })
  })

  it("say for how many minutes, where something goes on for minutes", () => {
    assert.throws(() => read("--minutes", "1"), UsageError, /nothing in core goes on for minutes/)
    const lasting: typeof choice = { ...choice, lasting: { measurement: "delivery", minutes: 10 } }
    const minutesOf = (...words: ReadonlyArray<string>) => {
      const options = readOptions(words, lasting)
      return options === "help" ? undefined : options.minutes
    }
    assert.strictEqual(minutesOf(), 10)
    assert.strictEqual(minutesOf("--minutes", "2", "--out", "x.json"), 2)
    assert.throws(() => minutesOf("--minutes", "2"), UsageError, /fewer than 10 minutes/)
  })
})
