import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { adminServer, planStarted } from "../admin/AdminServer.ts"

const lost = (tracker: string, serviceKey: string, counts: object) => ({ tracker, serviceKey, counts })

describe("what a tracker says that it has lost", () => {
  it.live("counts once, the greatest total of each tracker, service and reason, for the key's tenant", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const acme = yield* as("acme")
      const other = yield* as("other")
      const send = (who: typeof acme, said: unknown) =>
        Effect.map(
          who.ask("POST", "/v1/events", { events: [], lost: said }),
          ({ status }) => assert.strictEqual(status, 200)
        )
      const totals = [3, 12, 5, 12, 1]
      yield* Effect.forEach(totals, (overflow) => send(acme, lost("t1", "s1", { overflow })), {
        concurrency: "unbounded"
      })
      yield* send(acme, lost("t1", "s1", { rejected: 2, overflow: 11 }))
      yield* send(acme, lost("t1", "s2", { overflow: 1 }))
      yield* send(acme, lost("t2", "s1", { overflow: 7, age: 0 }))
      yield* send(acme, lost("t2", "s1", { overflow: Number.MAX_SAFE_INTEGER }))
      yield* send(other, lost("t1", "s1", { overflow: 4 }))
      assert.deepStrictEqual(
        (yield* sql<Record<string, string>>`
          SELECT concat_ws(' ', tenant_id, tracker, service_key, reason, lost_events) AS row
          FROM tracker_losses ORDER BY 1`).map(({ row }) => row),
        [
          "acme t1 s1 overflow 12",
          "acme t1 s1 rejected 2",
          "acme t1 s2 overflow 1",
          "acme t2 s1 age 0",
          `acme t2 s1 overflow ${Number.MAX_SAFE_INTEGER}`,
          "other t1 s1 overflow 4"
        ]
      )
    }))

  it.live("is no reason to refuse events where it cannot be read", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const { ask } = yield* as("acme")
      const unreadable = [
        7,
        null,
        [],
        lost("", "s", { overflow: 1 }),
        lost("t", "s\0", { overflow: 1 }),
        lost("t", "s", { overflow: -1 }),
        lost("t", "s", { overflow: 1.5 }),
        lost("t", "s", { overflow: 2 ** 60 }),
        lost("t", "s", { "": 1 }),
        lost("t", "s", Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`r${n}`, 1]))),
        lost("t".repeat(256), "s", { overflow: 1 })
      ]
      for (const [i, said] of unreadable.entries()) {
        const answer = yield* ask("POST", "/v1/events", { events: [planStarted(`e-${i}`, "p")], lost: said })
        assert.deepStrictEqual(JSON.parse(answer.text), { accepted: 1, duplicates: 0, rejected: [] })
      }
      assert.deepStrictEqual(yield* sql`SELECT * FROM tracker_losses`, [])
    }))
})
