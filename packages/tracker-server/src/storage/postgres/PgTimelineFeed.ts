import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import { beginningOf, isBefore, type StreamPosition } from "../../stream/position.ts"
import { TimelineFeed } from "../TimelineFeed.ts"
import { withDeadline } from "./deadline.ts"
import { oldestPosition, selectFeedPage, selectFrontier } from "./FeedPages.ts"
import { droppedThrough } from "./RetentionMark.ts"
import { orUnavailable, TenantSql } from "./TenantSql.ts"

/** Adapter: PostgreSQL. Reads a tenant's events under its role, and what retention has dropped as the owner. */
export const layer: Layer.Layer<TimelineFeed, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  TimelineFeed,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { read } = yield* TenantSql
    const provided = Effect.provideService(SqlClient.SqlClient, sql)
    const marks = Effect.all([selectFrontier, droppedThrough]).pipe(
      Effect.catchIf(isSqlError, orUnavailable),
      withDeadline(),
      provided
    )
    return {
      start: Effect.fnUntraced(function*(tenantId: string, from: StreamPosition | null) {
        const [{ frontier, next }, dropped] = yield* marks
        const now = beginningOf(frontier)
        const mark = String(dropped)
        if (from === null) return { position: now, isReset: false, mark }
        // A position issued before a dump was restored elsewhere may be ahead of everything this database has done.
        const isKnown = from.transaction <= next &&
          (dropped === undefined || !isBefore(from, beginningOf(dropped + 1n)))
        if (isKnown) return { position: from, isReset: false, mark }
        const oldest = yield* read(tenantId)(provided(oldestPosition(tenantId)))
        return { position: oldest ?? now, isReset: true, mark }
      }),
      page: (tenantId, from, plans) => read(tenantId, "once")(provided(selectFeedPage(tenantId, from, plans)))
    }
  })
)
