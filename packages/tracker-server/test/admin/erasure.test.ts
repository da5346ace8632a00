import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger, References } from "effect"
import { SqlClient } from "effect/sql"
import { problem } from "../http/server.ts"
import { openTransaction, untilWaiting } from "../support/locks.ts"
import { rawConnection } from "../support/rawHttp.ts"
import { adminServer, planStarted } from "./AdminServer.ts"
import { rowsOf, tablesOfTenants } from "./tenantRows.ts"

/** Events that leave a row in every table there is, and one that is refused. */
const history = [
  planStarted("e-1", "p"),
  { ...planStarted("e-2", "p"), type: "work", topic: "action-requests", data: { plan_id: "p", action_id: "t" } },
  {
    ...planStarted("e-3", "p"),
    type: "task.state_changed",
    data: { task_id: "t", previous_state: "pending", new_state: "running" }
  },
  {
    ...planStarted("e-4", "p"),
    type: "delegation.started",
    data: { group_id: "g", parent_task_id: "t", plan_id: "p", total_tasks: 2 }
  },
  { ...planStarted("e-5", "p"), type: "goal", topic: "business-facts", trace_id: "trace", data: {} },
  { id: "bad" }
]
const lost = { tracker: "t", serviceKey: "s", counts: { overflow: 3 } }

describe("DELETE /v1/admin/tenants/{tenant}", () => {
  it.live("leaves nothing of the tenant in any table, and all of another", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const acme = yield* as("acme")
      const second = yield* as("acme", "query")
      const other = yield* as("other")
      for (const { ask } of [acme, other]) {
        assert.strictEqual((yield* ask("POST", "/v1/events", { events: history, lost })).status, 200)
      }
      // Written by no request yet.
      for (const tenant of ["acme", "other"]) {
        yield* sql`INSERT INTO agent_metrics (tenant_id, agent_id, period_start, period_end)
          VALUES (${tenant}, 'a', now(), now() + interval '1 hour')`
      }
      const before = yield* rowsOf(sql, "acme")
      for (const table of yield* tablesOfTenants(sql)) assert.isNotEmpty(before[table], table)
      const untouched = yield* rowsOf(sql, "other")

      const answer = yield* acme.ask("DELETE", "/v1/admin/tenants/acme")
      assert.strictEqual(answer.status, 200)
      const { audit_log: _, ...expected } = Object.fromEntries(
        Object.entries(before).map(([table, rows]) => [table, rows.length])
      )
      assert.deepStrictEqual(JSON.parse(answer.text), { tenant_id: "acme", rows: expected })

      const { audit_log: audit, ...left } = yield* rowsOf(sql, "acme")
      assert.deepStrictEqual(Object.values(left).flat(), [])
      assert.deepStrictEqual(yield* rowsOf(sql, "other"), untouched)
      for (const { ask } of [acme, second]) {
        assert.strictEqual((yield* ask("GET", "/v1/tracker/plans/p")).status, 401)
      }
      assert.strictEqual((yield* other.ask("GET", "/v1/tracker/plans/p")).status, 200)
      assert.notInclude(String(audit), "overflow")
      assert.deepStrictEqual(
        yield* sql`SELECT actor, action, details FROM audit_log WHERE action LIKE 'tenant.%' ORDER BY id`,
        [
          { actor: acme.id, action: "tenant.erasure_started", details: {} },
          { actor: acme.id, action: "tenant.erased", details: { rows: expected } }
        ]
      )
    }))

  it.live("goes on to its end when the client leaves", () => {
    const hasLeft = Deferred.makeUnsafe<void>()
    const watch = Logger.make(({ fiber }) => {
      const isLeaving = fiber.getRef(References.CurrentLogAnnotations)["status"] === "none, the client left"
      if (isLeaving) Deferred.doneUnsafe(hasLeft, Effect.void)
    })
    return Effect.gen(function*() {
      const { as, sql, url } = yield* adminServer
      const acme = yield* as("acme")
      yield* acme.ask("POST", "/v1/events", { events: history, lost })
      const onDatabase = Effect.provideService(SqlClient.SqlClient, sql)
      const release = yield* onDatabase(openTransaction(sql`LOCK TABLE plan_executions IN ACCESS EXCLUSIVE MODE`))
      yield* Effect.scoped(Effect.gen(function*() {
        const connection = yield* rawConnection(url)
        yield* connection.write(
          "DELETE /v1/admin/tenants/acme HTTP/1.1\r\nHost: localhost\r\n" +
            `Authorization: Bearer ${acme.secret}\r\n\r\n`
        )
        yield* onDatabase(untilWaiting("relation"))
      }))
      yield* Deferred.await(hasLeft)
      yield* release
      yield* Effect.repeat(sql`SELECT FROM audit_log WHERE action = 'tenant.erased'`, {
        until: (rows) => rows.length === 1
      })
      const { audit_log: _, ...left } = yield* rowsOf(sql, "acme")
      assert.deepStrictEqual(Object.values(left).flat(), [])
    }).pipe(Effect.provide(Layer.merge(Logger.layer([watch]), Layer.succeed(References.MinimumLogLevel, "Debug"))))
  })

  it.live("refuses every tenant but the key's own", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const acme = yield* as("acme")
      const other = yield* as("other")
      yield* other.ask("POST", "/v1/events", { events: history })
      const untouched = yield* rowsOf(sql, "other")
      for (const tenant of ["other", "nobody", "acme%20", "ACME", "%25"]) {
        const answer = problem(yield* acme.ask("DELETE", `/v1/admin/tenants/${tenant}`))
        assert.deepStrictEqual([answer.status, answer.body.type], [403, "urn:durable-effect:problem:forbidden"], tenant)
      }
      assert.deepStrictEqual(yield* rowsOf(sql, "other"), untouched)
    }))

  it.live("lets the same events come again as new", () =>
    Effect.gen(function*() {
      const { as } = yield* adminServer
      const acme = yield* as("acme")
      const events = [planStarted("e-1", "p")]
      yield* acme.ask("POST", "/v1/events", { events })
      yield* acme.ask("DELETE", "/v1/admin/tenants/acme")
      const again = yield* as("acme")
      const answer = yield* again.ask("POST", "/v1/events", { events })
      assert.deepStrictEqual(JSON.parse(answer.text), { accepted: 1, duplicates: 0, rejected: [] })
      assert.strictEqual((yield* again.ask("GET", "/v1/tracker/plans/p")).status, 200)
    }))
})
