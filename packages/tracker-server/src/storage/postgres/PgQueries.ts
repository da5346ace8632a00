import { Layer } from "effect"
import type { SqlClient } from "effect/sql"
import type { Queries } from "../Queries.ts"
import * as PgIngestQueries from "./PgIngestQueries.ts"
import * as PgJobQueries from "./PgJobQueries.ts"
import * as PgMetricQueries from "./PgMetricQueries.ts"
import * as PgPlanQueries from "./PgPlanQueries.ts"
import * as PgTaskQueries from "./PgTaskQueries.ts"
import * as PgTrackerQueries from "./PgTrackerQueries.ts"
import type { TenantSql } from "./TenantSql.ts"

/** All query ports on PostgreSQL. */
export const layer: Layer.Layer<Queries, never, SqlClient.SqlClient | TenantSql> = Layer.mergeAll(
  PgTrackerQueries.layer,
  PgPlanQueries.layer,
  PgTaskQueries.layer,
  PgMetricQueries.layer,
  PgJobQueries.layer,
  PgIngestQueries.layer
)
