import { Clock, DateTime, Effect } from "effect"
import type { MetricsBucket } from "../api/statisticsViews.ts"
import { shownInstant } from "../projection/instant.ts"
import { MetricQueries } from "../storage/MetricQueries.ts"
import { type BucketSample, secondsOf } from "./agentMetrics.ts"
import { askedBucket } from "./bucket.ts"
import { defaultPeriod } from "./period.ts"
import { askedAgent, askedPeriod, windowUntil } from "./window.ts"

const bucketView = (startMs: number, sample: BucketSample | undefined): MetricsBucket => ({
  start: shownInstant(DateTime.formatIso(DateTime.makeUnsafe(startMs)).replace("Z", "000Z")),
  total_tasks: sample?.totalTasks ?? 0,
  completed_tasks: sample?.completedTasks ?? 0,
  failed_tasks: sample?.failedTasks ?? 0,
  p50_duration_seconds: secondsOf(sample?.p50Micros ?? null),
  p95_duration_seconds: secondsOf(sample?.p95Micros ?? null)
})

/** The parameters of a series. */
export interface SeriesRequest {
  readonly agent_id: string
  readonly period?: string | undefined
  readonly bucket?: string | undefined
}

/** An agent's metrics over time: the tasks that started within the period, by start time. */
export const answerSeries = Effect.fn("answerSeries")(
  function*(tenantId: string, { agent_id, bucket: asked, period = defaultPeriod }: SeriesRequest) {
    const queries = yield* MetricQueries
    const agent = yield* askedAgent(agent_id)
    const periodMs = yield* askedPeriod(period)
    const bucket = yield* askedBucket(asked, period, periodMs)
    const nowMs = yield* Clock.currentTimeMillis
    const samples = yield* queries.series(tenantId, agent, windowUntil(nowMs, periodMs), bucket.ms)
    const found = new Map(samples.map((sample) => [sample.bucket, sample]))
    const first = Math.floor((nowMs - periodMs) / bucket.ms)
    const last = Math.floor(nowMs / bucket.ms)
    return {
      agent_id: agent,
      period,
      bucket: bucket.name,
      buckets: Array.from(
        { length: last - first + 1 },
        (_, i) => bucketView((first + i) * bucket.ms, found.get(first + i))
      )
    }
  }
)
