import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { answerSessionPlans } from "../../src/query/answerSessionPlans.ts"
import { envelope, life, onEachStore, plan, refused, tell, tenant, time } from "../projection/stores.ts"

const ids = (session: string, page: Parameters<typeof answerSessionPlans>[2] = {}) =>
  Effect.map(answerSessionPlans(tenant, session, page), ({ plans }) => plans.map(({ plan_id }) => plan_id).join(" "))

describe("a session's plans", () => {
  onEachStore("are all lives of a job instance, the one that its id stands for first", () =>
    Effect.gen(function*() {
      yield* tell(
        ...life("life-2", ["job.started", time(3)], ["job.completed", time(4)]),
        ...life("life-1", ["job.started", time(1)], ["job.failed", time(2), { error: { message: "boom" } }]),
        ...life("life-3", ["job.started", time(5)])
      )
      assert.strictEqual(yield* ids("continuous:audit:1"), "life-3 life-2 life-1")
      assert.strictEqual((yield* plan("continuous:audit:1")).plan_id, "life-3")
      const { plans } = yield* answerSessionPlans(tenant, "continuous:audit:1", {})
      for (const one of plans) assert.deepStrictEqual(one, yield* plan(one.plan_id))
    }))

  onEachStore(
    "begin with the life that began last, also where one of the others was heard of later",
    () =>
      Effect.gen(function*() {
        // Nobody tells of its begin, and its first event is the last of all.
        yield* tell(
          ...life("begun", ["task.idle", time(0)], ["job.started", time(2)]),
          ...life("unbegun", ["task.idle", time(1)])
        )
        assert.strictEqual(yield* ids("continuous:audit:1"), "begun unbegun")
        assert.strictEqual((yield* plan("continuous:audit:1")).plan_id, "begun")
      })
  )

  onEachStore("come in pages, and are found by the session alone", () =>
    Effect.gen(function*() {
      yield* tell(
        ...[1, 2, 3].map((n) => envelope("plan.started", time(n), { plan_id: `p${n}`, session_id: "s" })),
        envelope("plan.started", time(4), { plan_id: "s", session_id: "other" })
      )
      const first = yield* answerSessionPlans(tenant, "s", { limit: "2" })
      assert.deepStrictEqual(first.plans.map(({ plan_id }) => plan_id), ["p3", "p2"])
      assert.strictEqual(yield* ids("s", { limit: "2", cursor: first.next_cursor }), "p1")
      assert.strictEqual((yield* refused(ids("other", { cursor: first.next_cursor })))._tag, "BadRequest")
      for (const id of ["absent", "p1", "S", "", "a\0"]) {
        assert.strictEqual((yield* refused(ids(id)))._tag, "NotFound", id)
      }
    }))
})
