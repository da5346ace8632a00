import { assert } from "@effect/vitest"
import { Effect, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import * as PgQueries from "../../src/storage/postgres/PgQueries.ts"
import * as TenantSql from "../../src/storage/postgres/TenantSql.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { ingest } from "./ingest.ts"
import type { Writers } from "./Writers.ts"

/** Everything but when the server took an event in, which is all that may differ. */
const withoutReception = (answers: unknown): unknown =>
  JSON.parse(JSON.stringify(answers, (name, value: unknown) => name === "received_at" ? undefined : value))

/**
 * Asserts that a database has every event that writers got a 200 for, each once and nothing else, and answers as a pure
 * fold of these events does.
 */
export const assertKept = Effect.fnUntraced(
  function*(url: Redacted.Redacted, tenantId: string, { acknowledged, wrong }: Writers) {
    assert.deepStrictEqual(wrong, [])
    const events = [...acknowledged.values()]
    const ids = [...acknowledged.keys()].sort()
    const known = {
      plans: [...new Set(events.map(({ planId }) => planId))],
      agents: [...new Set(events.map(({ agentId }) => agentId))]
    }
    const folded = yield* Effect.gen(function*() {
      yield* ingest(tenantId, events.map(({ event }) => event))
      return yield* allAnswers(tenantId, known, 500)
    }).pipe(Effect.provide(MemoryStores.layer))
    yield* Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      for (const table of ["event_timeline", "event_ids"]) {
        const rows = yield* sql<{ event_id: string }>`
          SELECT event_id FROM ${sql(table)} WHERE tenant_id = ${tenantId} ORDER BY event_id COLLATE "C"`
        assert.deepStrictEqual(rows.map(({ event_id }) => event_id), ids, table)
      }
      const stored = yield* allAnswers(tenantId, known, 500).pipe(
        Effect.provide(PgQueries.layer),
        Effect.provide(TenantSql.layer)
      )
      assert.deepStrictEqual(withoutReception(stored), withoutReception(folded))
    }).pipe(Effect.provide(PgConnection.layer({ url })))
    return events.length
  },
  // A moment that both are asked at.
  (check) =>
    Effect.andThen(TestClock.setTime(Date.parse("2026-01-12T00:00:00Z")), check).pipe(Effect.provide(TestClock.layer()))
)
