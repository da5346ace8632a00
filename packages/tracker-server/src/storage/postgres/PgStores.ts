import { Layer } from "effect"
import type { SqlClient } from "effect/sql"
import * as partitions from "../../maintenance/partitions.ts"
import type { EventStore } from "../EventStore.ts"
import type { Queries } from "../Queries.ts"
import type { RejectedStore } from "../RejectedStore.ts"
import type { TimelineFeed } from "../TimelineFeed.ts"
import * as PgEventStore from "./PgEventStore.ts"
import * as PgQueries from "./PgQueries.ts"
import * as PgRejectedStore from "./PgRejectedStore.ts"
import * as PgTimelineFeed from "./PgTimelineFeed.ts"
import type { TenantSql } from "./TenantSql.ts"

/** The store on PostgreSQL, with partitions created ahead of time. */
export const layer: Layer.Layer<
  EventStore | Queries | RejectedStore | TimelineFeed,
  never,
  SqlClient.SqlClient | TenantSql
> = Layer.mergeAll(
  PgEventStore.layer,
  PgQueries.layer,
  PgRejectedStore.layer,
  PgTimelineFeed.layer,
  partitions.layer
)
