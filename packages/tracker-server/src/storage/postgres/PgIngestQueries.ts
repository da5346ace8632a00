import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { gapBounds, IngestQueries, type IngestSummary } from "../IngestQueries.ts"
import { askTenant } from "./askTenant.ts"
import { selectCounts } from "./IngestCounts.ts"
import type { TenantSql } from "./TenantSql.ts"
import { selectLosses } from "./TrackerLosses.ts"

const gapsOf = `SELECT p.plan_id, lower(gap)::float8 AS "from", upper(gap)::float8 - 1 AS "to"
  FROM (
    SELECT p.plan_id, p.sequences FROM plan_executions p WHERE p.tenant_id = $1 AND p.has_gaps
    ORDER BY p.plan_id DESC LIMIT ${gapBounds.incarnations}
  ) AS p, unnest(int8multirange(int8range(1, upper(p.sequences))) - p.sequences) AS gap
  ORDER BY p.plan_id DESC, gap LIMIT ${gapBounds.gaps}`

interface GapRow {
  readonly plan_id: string
  readonly from: number
  readonly to: number
}

const summary = Effect.fnUntraced(function*(tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const gaps = yield* sql.unsafe<GapRow>(gapsOf, [tenantId])
  const found: IngestSummary = {
    verdicts: yield* selectCounts(tenantId),
    losses: yield* selectLosses(tenantId),
    gaps: gaps.map(({ from, plan_id, to }) => ({ incarnationId: plan_id, from, to }))
  }
  return found
})

/** Adapter: PostgreSQL, under the tenant's role. */
export const layer: Layer.Layer<IngestQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  IngestQueries,
  Effect.map(askTenant, (ask) => ({ summary: (tenantId) => ask(tenantId, summary(tenantId)) }))
)
