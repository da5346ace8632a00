import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerHierarchy } from "../../src/query/answerHierarchy.ts"
import { answerSubPlans } from "../../src/query/answerSubPlans.ts"
import { maxPageBytes } from "../../src/query/bounded.ts"
import { type BranchKey, hierarchyCut, maxHierarchyPlans } from "../../src/query/hierarchy.ts"
import { envelope, life, onEachStore, plan, refused, tell, tenant, time } from "../projection/stores.ts"

const started = (plan_id: string, parent_plan_id: string | undefined, at: string = time(0)) =>
  envelope("plan.started", at, { plan_id, parent_plan_id })

interface Shown {
  readonly plan_id: string
  readonly sub_plans?: ReadonlyArray<Shown>
}

/** `a(b(c) d)`: what is below stands in parentheses, `?` for what is left out. */
const shape = ({ plan_id, sub_plans }: Shown): string =>
  plan_id + (sub_plans === undefined ? "(?)" : sub_plans.length === 0 ? "" : `(${sub_plans.map(shape).join(" ")})`)

const hierarchy = (id: string) => Effect.map(answerHierarchy(tenant, id), (text) => shape(JSON.parse(text).plan))

const subPlans = (id: string, page: Parameters<typeof answerSubPlans>[2] = {}) =>
  Effect.map(answerSubPlans(tenant, id, page), ({ plans }) => plans.map(({ plan_id }) => plan_id).join(" "))

/** A life of a job that another life started. */
const child = (id: string, parentIncarnationId: string) =>
  life(id, ["job.started", time(1), { instanceId: `task:mail:${id}`, jobName: "mail", parentIncarnationId }])

/** So many plans a level, of a byte each. */
const keys = (...levels: ReadonlyArray<number>): ReadonlyArray<BranchKey> =>
  levels.flatMap((count, level) =>
    Array.from({ length: count }, (_, i) => ({ planId: `${level}-${i}`, parentId: "any", level, bytes: 1 }))
  )

/** A plan a level, of so many bytes. */
const sized = (...bytes: ReadonlyArray<number>) =>
  keys(...bytes.map(() => 1)).map((key, i) => ({ ...key, bytes: bytes[i] ?? 0 }))

const shown = (all: ReadonlyArray<BranchKey>) => {
  const { isWhole, keys, levels } = hierarchyCut(all)
  return [keys.length, levels, isWhole]
}

describe("what a plan has started", () => {
  onEachStore("is a list of its own and a tree of all, the newest first", () =>
    Effect.gen(function*() {
      yield* tell(
        started("a", undefined),
        started("b", "a", time(1)),
        started("c", "a", time(2)),
        started("d", "b", time(3)),
        envelope("plan.failed", time(4), { plan_id: "d", error: { message: "boom" } }),
        started("other", "elsewhere")
      )
      assert.strictEqual(yield* subPlans("a"), "c b")
      assert.strictEqual(yield* subPlans("d"), "")
      assert.strictEqual(yield* hierarchy("a"), "a(c b(d))")
      assert.strictEqual(yield* hierarchy("d"), "d")
      const [c, b] = (yield* answerSubPlans(tenant, "a", {})).plans
      assert.deepStrictEqual([c, b], [yield* plan("c"), yield* plan("b")])
      // Each as it is by itself.
      assert.deepStrictEqual(JSON.parse(yield* answerHierarchy(tenant, "b")), {
        plan: { ...yield* plan("b"), sub_plans: [{ ...yield* plan("d"), sub_plans: [] }] }
      })
    }))

  onEachStore("belongs to the life of the job that started it", () =>
    Effect.gen(function*() {
      yield* tell(
        ...life("life-1", ["job.started", time(0)]),
        ...life("life-2", ["job.started", time(2)]),
        ...child("of-1", "life-1"),
        ...child("of-2", "life-2")
      )
      assert.strictEqual(yield* subPlans("life-1"), "of-1")
      // The instance stands for its newest life.
      assert.strictEqual(yield* subPlans("continuous:audit:1"), "of-2")
      assert.strictEqual(yield* hierarchy("continuous:audit:1"), "life-2(of-2)")
    }))

  onEachStore("comes in pages, which keep to the life that the first one found", () =>
    Effect.gen(function*() {
      yield* tell(
        ...life("life-1", ["job.started", time(0)]),
        ...[1, 2, 3].map((n) => started(`p${n}`, "life-1", time(n)))
      )
      const first = yield* answerSubPlans(tenant, "continuous:audit:1", { limit: "2" })
      assert.deepStrictEqual(first.plans.map(({ plan_id }) => plan_id), ["p3", "p2"])
      yield* tell(...life("life-2", ["job.started", time(5)]), started("q", "life-2", time(5)))
      assert.strictEqual(yield* subPlans("continuous:audit:1"), "q")
      assert.strictEqual(yield* subPlans("continuous:audit:1", { limit: "2", cursor: first.next_cursor }), "p1")
      for (const id of ["life-1", "p1"]) {
        const error = yield* refused(answerSubPlans(tenant, id, { cursor: first.next_cursor }))
        assert.strictEqual(error._tag, "BadRequest", id)
      }
    }))

  onEachStore("ends where parents go in a circle: a plan is shown once", () =>
    Effect.gen(function*() {
      yield* tell(
        started("self", "self"),
        started("child", "self", time(1)),
        started("x", "z"),
        started("y", "x"),
        started("z", "y"),
        started("leaf", "y")
      )
      assert.strictEqual(yield* hierarchy("self"), "self(child)")
      assert.strictEqual(yield* subPlans("self"), "child")
      assert.strictEqual(yield* hierarchy("x"), "x(y(z leaf))")
      assert.strictEqual(yield* hierarchy("z"), "z(x(y(leaf)))")
      assert.strictEqual(yield* subPlans("z"), "x")
    }))

  onEachStore("is told of a chain of 5,000 plans", () =>
    Effect.gen(function*() {
      const chain = Array.from({ length: 5000 }, (_, i) => started(`p${i}`, i === 0 ? undefined : `p${i - 1}`))
      yield* tell(...chain.toReversed())
      let at: Shown | undefined = JSON.parse(yield* answerHierarchy(tenant, "p0")).plan
      for (let i = 0; i < 5000; i++) {
        assert.strictEqual(at?.plan_id, `p${i}`)
        at = at?.sub_plans?.[0]
      }
      assert.isUndefined(at)
    }))

  onEachStore("is told down to the last level that fits", () =>
    Effect.gen(function*() {
      const error = { message: "x".repeat(200_000) }
      const failed = (id: string, parent: string) => [
        started(id, parent),
        envelope("plan.failed", time(1), { plan_id: id, error })
      ]
      yield* tell(started("top", undefined), started("middle", "top"))
      for (let i = 0; i < 22; i++) yield* tell(...failed(`f${String(i).padStart(2, "0")}`, "middle"))
      assert.strictEqual(yield* hierarchy("top"), "top(middle(?))")
      assert.strictEqual(yield* subPlans("middle", { limit: "2" }), "f21 f20")
    }))

  onEachStore("is nothing of a plan that is not there", () =>
    Effect.gen(function*() {
      yield* tell(started("child", "absent"))
      for (const id of ["absent", "", "a\0", "x".repeat(256)]) {
        assert.strictEqual((yield* refused(answerSubPlans(tenant, id, {})))._tag, "NotFound", id)
        assert.strictEqual((yield* refused(answerHierarchy(tenant, id)))._tag, "NotFound", id)
      }
    }))
})

describe("a hierarchy is cut", () => {
  it("nowhere, as long as it fits", () => {
    assert.deepStrictEqual(shown(keys(1)), [1, 1, true])
    assert.deepStrictEqual(shown(keys(1, 5, 20)), [26, 3, true])
    assert.deepStrictEqual(shown(keys(1, maxHierarchyPlans - 1)), [maxHierarchyPlans, 2, true])
  })

  it("above the level that makes it too many, whole", () => {
    assert.deepStrictEqual(shown(keys(1, maxHierarchyPlans)), [1, 1, false])
    assert.deepStrictEqual(shown(keys(1, 2, 3, maxHierarchyPlans - 5)), [6, 3, false])
  })

  it("above the level that makes it too large, the top apart", () => {
    assert.deepStrictEqual(shown(sized(3 * maxPageBytes, 1)), [1, 1, false])
    assert.deepStrictEqual(shown(sized(1, maxPageBytes - 1, 0, 1, 0)), [3, 3, false])
  })
})
