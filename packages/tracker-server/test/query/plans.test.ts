import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerPlans } from "../../src/query/answerPlans.ts"
import { encodeCursor } from "../../src/query/cursor.ts"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import { envelope, life, onEachStore, plan, plans, request, tell, tenant, time } from "../projection/stores.ts"

const started = (plan_id: string, at: string, fields: object = {}) =>
  envelope("plan.started", at, { plan_id, ...fields })

const ids = (request: Parameters<typeof plans>[0] = {}) =>
  Effect.map(plans(request), (all) => all.map(({ plan_id }) => plan_id).join(" "))

describe("a list of plans", () => {
  onEachStore(
    "has the newest first, those of one instant by id, and each as it is by itself",
    () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* plans(), [])
        yield* tell(
          started("b", time(1)),
          started("a", time(1)),
          started("new", time(2)),
          started("old", time(0)),
          // Nobody tells of its start: it stands where it was first spoken of.
          request("t", time(1, 30), { plan_id: "unstarted" }),
          // A wrong clock puts one of its tasks before the plan itself.
          request("u", "2025-01-01T00:00:00Z", { plan_id: "new" }),
          envelope("never.heard.of", time(3), { plan_id: "unknown" })
        )
        assert.strictEqual(yield* ids(), "new unstarted b a old")
        for (const one of yield* plans()) assert.deepStrictEqual(one, yield* plan(one.plan_id))
      })
  )

  onEachStore("comes in pages that lose and repeat nothing, also while new plans come", () =>
    Effect.gen(function*() {
      yield* tell(...Array.from({ length: 7 }, (_, i) => started(`p${i}`, time(i < 4 ? 0 : 1))))
      const seen: Array<string> = []
      let cursor: string | undefined
      do {
        const page: Effect.Success<ReturnType<typeof answerPlans>> = yield* answerPlans(tenant, { limit: "2", cursor })
        assert.isAtMost(page.plans.length, 2)
        seen.push(...page.plans.map(({ plan_id }) => plan_id))
        cursor = page.next_cursor
        yield* tell(started(`later-${seen.length}`, time(2)))
      } while (cursor !== undefined)
      assert.deepStrictEqual(seen, ["p6", "p5", "p4", "p3", "p2", "p1", "p0"])
    }))

  onEachStore(
    "is filtered by what a plan is now, session, agent and begin, and by all at once",
    () =>
      Effect.gen(function*() {
        yield* tell(
          started("done", time(0), { session_id: "s" }),
          envelope("plan.completed", time(1), { plan_id: "done" }),
          started("going", time(2), { session_id: "s" }),
          request("task", time(3), { plan_id: "going", assigned_to: "worker-2" }),
          started("failed", time(3), { session_id: "other" }),
          envelope("plan.failed", time(4), { plan_id: "failed", error: "boom" }),
          ...life("paused", ["job.started", time(4)], ["pool.paused", time(5)])
        )
        assert.strictEqual(yield* ids({ status: "completed" }), "done")
        assert.strictEqual(yield* ids({ status: "running" }), "going")
        assert.strictEqual(yield* ids({ status: "failed" }), "failed")
        assert.strictEqual(yield* ids({ status: "paused" }), "paused")
        assert.strictEqual(yield* ids({ status: "cancelled" }), "")
        assert.strictEqual(yield* ids({ session_id: "s" }), "going done")
        assert.strictEqual(yield* ids({ session_id: "continuous:audit:1" }), "paused")
        assert.strictEqual(yield* ids({ agent_id: "worker-2" }), "going")
        // A life belongs to its job's name before anything of it has run.
        assert.strictEqual(yield* ids({ agent_id: "audit" }), "paused")
        assert.strictEqual(yield* ids({ agent_id: "nobody" }), "")
        assert.strictEqual(yield* ids({ since: time(3) }), "paused failed")
        assert.strictEqual(yield* ids({ since: "2026-01-11T11:03:00.000001+01:00" }), "paused")
        assert.strictEqual(
          yield* ids({ status: "running", session_id: "s", agent_id: "worker-2", since: time(2) }),
          "going"
        )
        assert.strictEqual(yield* ids({ status: "completed", agent_id: "worker-2" }), "")
        // What was late changes what a plan is, and so the lists it is in.
        yield* tell(envelope("plan.cancelled", time(2, 30), { plan_id: "failed" }))
        assert.strictEqual(yield* ids({ status: "failed" }), "")
        assert.strictEqual(yield* ids({ status: "cancelled" }), "failed")
      })
  )

  onEachStore("ends a page at 4 MiB of errors", () =>
    Effect.gen(function*() {
      const error = "x".repeat(250_000)
      const failed = Array.from({ length: 20 }, (_, i) => `p${String(i).padStart(2, "0")}`)
      for (const half of [failed.slice(0, 10), failed.slice(10)]) {
        yield* tell(...half.flatMap((plan_id) => [
          started(plan_id, time(0)),
          envelope("plan.failed", time(1), { plan_id, error })
        ]))
      }
      const first = yield* answerPlans(tenant, { limit: "19" })
      const second = yield* answerPlans(tenant, { limit: "19", cursor: first.next_cursor })
      assert.deepStrictEqual([first.plans.length, second.plans.length], [16, 4])
      assert.deepStrictEqual([...first.plans, ...second.plans].map(({ plan_id }) => plan_id), failed.toReversed())
      assert.isUndefined(second.next_cursor)
    }))

  onEachStore("finds an agent's plans once each, however many tasks it has there", () =>
    Effect.gen(function*() {
      yield* tell(
        ...Array.from({ length: 30 }, (_, i) => request(`t${i}`, time(i), { plan_id: `p${i % 3}`, assigned_to: "w" })),
        ...life("life", ["job.started", time(0)], ["execution.started", time(1)])
      )
      assert.strictEqual(yield* ids({ agent_id: "w" }), "p2 p1 p0")
      assert.strictEqual(yield* ids({ agent_id: "w", limit: "2" }), "p2 p1")
      assert.strictEqual(yield* ids({ agent_id: "audit" }), "life")
    }))

  it.effect.each<readonly [word: string, request: Parameters<typeof answerPlans>[1]]>([
    ["since", { since: "yesterday" }],
    ["since", { since: "" }],
    ["since", { since: "2026-01-11T10:00:00 01:00" }],
    ["since", { since: "2026-02-30T10:00:00Z" }],
    ["session_id", { session_id: "" }],
    ["session_id", { session_id: "a\0" }],
    ["agent_id", { agent_id: "x".repeat(256) }],
    ["limit", { limit: "0" }],
    ["limit", { limit: "501" }],
    ["cursor", { cursor: "" }],
    ["cursor", { cursor: "x" }],
    ["cursor", { cursor: encodeCursor({ tenantId: tenant, list: "tasks", id: "p" }, ["p", null, "t"]) }],
    [
      "cursor",
      {
        status: "failed",
        cursor: encodeCursor({ tenantId: tenant, list: "plans", id: "[null,null,null,null]" }, [null, time(0), "p"])
      }
    ]
  ])("says what is wrong with %s", ([word, request]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(answerPlans(tenant, request))
      if (error._tag !== "BadRequest") return assert.fail(error._tag)
      assert.include(error.detail, word)
    }).pipe(Effect.provide(MemoryStores.layer)))
})
