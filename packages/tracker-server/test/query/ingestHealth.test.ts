import { assert, describe } from "@effect/vitest"
import { Effect, Struct } from "effect"
import { answerIngest } from "../../src/query/answerIngest.ts"
import { envelope, life, numbered, onEachStore, tell, tenant, time } from "../projection/stores.ts"
import { ingest } from "../support/ingest.ts"

const health = answerIngest(tenant)
const gaps = Effect.map(health, ({ gaps }) => gaps)

describe("how taking in goes", () => {
  onEachStore("counts every event as it was answered, each time", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* health, { accepted: 0, duplicates: 0, rejected: {}, lost: {}, gaps: [] })
      const [first, second] = [envelope("a", time(1), {}), envelope("b", time(1), {})]
      yield* tell(first, second, first)
      yield* tell(first, 7, { ...second, type: "c" }, {})
      yield* tell(7, { id: "x", type: "t", time: "now", data: {} })
      yield* ingest("other", [envelope("a", time(1), {}), 7])
      assert.deepStrictEqual(yield* health, {
        accepted: 2,
        duplicates: 2,
        rejected: { id_conflict: 1, invalid_timestamp: 1, missing_field: 1, not_an_object: 2 },
        lost: {},
        gaps: []
      })
    }))

  onEachStore("has what all trackers of a service have lost", () =>
    Effect.gen(function*() {
      const most = Number.MAX_SAFE_INTEGER
      for (
        const [tracker, serviceKey, counts] of [
          ["t1", "billing", { overflow: 3, age: 1 }],
          ["t1", "billing", { overflow: 5 }],
          ["t2", "billing", { overflow: 7 }],
          ["t2", "__proto__", { "__proto__": 1, constructor: 2 }],
          ["t3", "much", { overflow: most }],
          ["t4", "much", { overflow: most }]
        ] as const
      ) {
        yield* ingest(tenant, [], { lost: { tracker, serviceKey, counts: Object.fromEntries(Object.entries(counts)) } })
      }
      const { lost } = yield* health
      assert.strictEqual(
        JSON.stringify(lost),
        `{"__proto__":{"constructor":2},"billing":{"age":1,"overflow":12},"much":{"overflow":${most}}}`
      )
    }))
})

describe("gaps", () => {
  onEachStore("are the numbers that are missing before a life's greatest one", () =>
    Effect.gen(function*() {
      yield* tell(
        ...numbered("life-1", 1, 2, 3),
        ...numbered("life-2", 2, 3, 7, 9),
        ...numbered("life-3", Number.MAX_SAFE_INTEGER)
      )
      assert.deepStrictEqual(yield* gaps, [
        { incarnation_id: "life-3", from: 1, to: Number.MAX_SAFE_INTEGER - 1 },
        { incarnation_id: "life-2", from: 1, to: 1 },
        { incarnation_id: "life-2", from: 4, to: 6 },
        { incarnation_id: "life-2", from: 8, to: 8 }
      ])
    }))

  onEachStore("close as events come, in whatever order and however often", () =>
    Effect.gen(function*() {
      yield* tell(...numbered("life-1", 4))
      yield* tell(...numbered("life-1", 2))
      assert.deepStrictEqual(yield* gaps, [
        { incarnation_id: "life-1", from: 1, to: 1 },
        { incarnation_id: "life-1", from: 3, to: 3 }
      ])
      yield* tell(...numbered("life-1", 2, 1, 4, 2))
      // Another event with a number that is there already.
      yield* tell({ ...numbered("life-1", 4)[0], eventId: "again" })
      assert.deepStrictEqual(yield* gaps, [{ incarnation_id: "life-1", from: 3, to: 3 }])
      // An event that nobody knows has a number too.
      yield* tell({ ...numbered("life-1", 3)[0], type: "job.renamed" })
      assert.deepStrictEqual(yield* gaps, [])
    }))

  onEachStore("are nobody's who counts nothing", () =>
    Effect.gen(function*() {
      yield* tell(
        ...life("life-1", ["job.created", time(1)]).map((event) => Struct.omit(event, ["sequence"])),
        ...numbered("x", 5).map((event) => Struct.omit(event, ["incarnationId"])),
        { ...envelope("plan.started", time(1), { plan_id: "plan" }), sequence: 9 },
        {
          eventId: "w-1",
          timestamp: time(1),
          source: "workflow",
          type: "workflow.started",
          workflowId: "w",
          sequence: 9
        }
      )
      assert.deepStrictEqual(yield* gaps, [])
    }))

  onEachStore("are told of the newest lives, and not without end", () =>
    Effect.gen(function*() {
      const lives = Array.from({ length: 101 }, (_, i) => `life-${100 + i}`)
      yield* tell(...lives.flatMap((id) => numbered(id, 2)))
      const ids = (yield* gaps).map(({ incarnation_id }) => incarnation_id)
      assert.deepStrictEqual(ids, lives.slice(1).toReversed())
      yield* tell(...numbered("much", ...Array.from({ length: 600 }, (_, i) => 2 * i + 2)))
      const many = yield* gaps
      assert.deepStrictEqual([many.length, many.at(-1)], [500, { incarnation_id: "much", from: 999, to: 999 }])
    }))
})
