import { Clock, Effect } from "effect"
import { NotFound } from "../api/errors.ts"
import { identifierFault } from "../ingest/identifier.ts"
import { JobQueries } from "../storage/JobQueries.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "./cursor.ts"
import { jobErrorView, jobView } from "./jobView.ts"
import { pageLimit, type PageRequest } from "./page.ts"
import { askedPeriod, windowUntil } from "./window.ts"

/** Which runs to count: those started within the period up to now, or all. */
interface RunsRequest {
  readonly period?: string | undefined
}

const windowOf = Effect.fnUntraced(function*({ period }: RunsRequest) {
  const ms = period === undefined ? undefined : yield* askedPeriod(period)
  return windowUntil(yield* Clock.currentTimeMillis, ms)
})

/** Metrics of all job definitions, by name. */
export const answerJobs = Effect.fn("answerJobs")(function*(tenantId: string, request: PageRequest & RunsRequest) {
  const queries = yield* JobQueries
  const scope: CursorScope = { tenantId, list: "jobs", id: "" }
  const limit = yield* pageLimit(request)
  const runs = yield* windowOf(request)
  const after = request.cursor === undefined ? null : yield* decodeCursor(scope, PositionId, request.cursor)
  const found = yield* queries.jobs(tenantId, after, limit + 1, runs)
  const jobs = found.slice(0, limit)
  const last = jobs.at(-1)
  return {
    jobs: jobs.map(jobView),
    ...(last === undefined || found.length <= limit ? {} : { next_cursor: encodeCursor(scope, last.jobName) })
  }
})

/** The problem for an unknown job name. */
export const jobNotFound = new NotFound({
  detail: "No job has this name. An event of one of its instances makes it known; names match byte by byte."
})

/** Metrics of one job definition, and why its runs failed recently. */
export const answerJob = Effect.fn("answerJob")(function*(tenantId: string, jobName: string, request: RunsRequest) {
  const queries = yield* JobQueries
  const runs = yield* windowOf(request)
  if (identifierFault(jobName) !== undefined) return yield* jobNotFound
  const found = yield* queries.job(tenantId, jobName, runs)
  if (found === undefined) return yield* jobNotFound
  return { ...jobView(found.job), recent_errors: found.failures.map(jobErrorView) }
})
