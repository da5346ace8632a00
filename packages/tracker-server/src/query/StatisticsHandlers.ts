import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { linked } from "../http/linked.ts"
import type { IngestQueries } from "../storage/IngestQueries.ts"
import type { JobQueries } from "../storage/JobQueries.ts"
import type { MetricQueries } from "../storage/MetricQueries.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { answerAgents } from "./answerAgents.ts"
import { answerIngest } from "./answerIngest.ts"
import { answerJob, answerJobs } from "./answerJobs.ts"
import { answerSeries } from "./answerSeries.ts"

type Services = IngestQueries | JobQueries | MetricQueries

const unavailable = new Unavailable({ detail: "The database does not answer. Ask again later." })

/** Statistics over HTTP, each for the tenant of the request's key. */
export const StatisticsHandlers = HttpApiBuilder.group(
  TrackerApi,
  "statistics",
  Effect.fn(function*(handlers) {
    const services = yield* Effect.context<Services>()
    const ask = <A, E, R>(question: (tenantId: string) => Effect.Effect<A, E | StoreUnavailable, R | Services>) =>
      Effect.flatMap(CurrentPrincipal, ({ tenantId }) => question(tenantId)).pipe(
        Effect.provideContext(services),
        Effect.catchTag("StoreUnavailable", () => Effect.fail(unavailable))
      )
    return handlers.handleAll({
      agents: ({ query }) => ask((tenantId) => linked(answerAgents(tenantId, query))),
      jobs: ({ query }) => ask((tenantId) => linked(answerJobs(tenantId, query))),
      job: ({ params, query }) => ask((tenantId) => answerJob(tenantId, params.job_name, query)),
      metricsSeries: ({ query }) => ask((tenantId) => answerSeries(tenantId, query)),
      ingest: () => ask(answerIngest)
    })
  })
)
