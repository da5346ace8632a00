import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { SqlClient } from "effect/sql"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { metricContext } from "../metrics/observe.ts"
import { withDeadline } from "../storage/postgres/deadline.ts"
import { BusListener } from "../subscribers/BusListener.ts"
import { version } from "../version.ts"

/** Liveness, readiness and metrics. Needs no key. */
export const SystemHandlers = HttpApiBuilder.group(
  TrackerApi,
  "system",
  Effect.fn(function*(handlers) {
    const sql = yield* SqlClient.SqlClient
    const metrics = yield* metricContext
    const { status } = yield* BusListener
    return handlers.handleAll({
      processMetrics: () => Effect.sync(() => PrometheusMetrics.formatUnsafe(metrics)),
      health: () => Effect.succeed({ status: "ok" as const, version }),
      ready: () =>
        sql`SELECT 1`.pipe(
          withDeadline("2 seconds"),
          Effect.andThen(status),
          Effect.map((bus) => ({ status: "ready" as const, database: "ok" as const, bus })),
          Effect.catch(() => Effect.fail(new Unavailable({ detail: "The database does not answer. Try again later." })))
        )
    })
  })
)
