import { Schema } from "effect"
import { exampleMetrics } from "./examples.ts"
import { AgentMetrics, Instant, next_cursor } from "./views.ts"

const orNull = Schema.NullOr

const jobFields = {
  job_name: Schema.String,
  job_type: orNull(Schema.String),
  plans: Schema.Natural.annotate({ description: "Incarnations of its instances, including ended ones." }),
  runs: Schema.Natural.annotate({ description: "Executions started, each counted once with all of its attempts." }),
  failed_runs: Schema.Natural.annotate({ description: "Executions that failed permanently." }),
  error_rate: orNull(Schema.Finite).annotate({
    description: "`failed_runs` / `runs`, 3 decimal places; null without runs."
  }),
  p50_duration_seconds: orNull(Schema.Finite),
  p95_duration_seconds: orNull(Schema.Finite),
  last_run_at: orNull(Instant).annotate({ description: "When the latest run started." }),
  next_run_at: orNull(Instant).annotate({
    description: "The earliest next run of the running incarnations; in the past if overdue."
  })
}

const job = {
  job_name: "invoice",
  job_type: "continuous",
  plans: 12,
  runs: 340,
  failed_runs: 3,
  error_rate: 0.009,
  p50_duration_seconds: 1.204,
  p95_duration_seconds: 4.8,
  last_run_at: "2026-01-11T10:00:00Z",
  next_run_at: "2026-01-11T10:05:00Z"
}

/** Metrics of one job definition, over all of its instances. */
export const Job = Schema.Struct(jobFields)
export type Job = typeof Job.Type

export const JobPage = Schema.Struct({ jobs: Schema.Array(Job), next_cursor }).annotate({ examples: [{ jobs: [job] }] })

/** Failed runs with the same error message. */
export const JobError = Schema.Struct({
  message: orNull(Schema.String).annotate({
    description: "The first 500 characters of the error message; null if there is none."
  }),
  count: Schema.Natural,
  last_at: Instant,
  example_task_id: Schema.String.annotate({ description: "The latest run that failed with this message." })
})
export type JobError = typeof JobError.Type

/** A job definition, and why its runs failed recently. */
export const JobDetails = Schema.Struct({
  ...jobFields,
  recent_errors: Schema.Array(JobError).annotate({
    description: "The latest 1,000 failed runs grouped by message, most recent failure first; at most 50 messages."
  })
}).annotate({
  examples: [{
    ...job,
    recent_errors: [{
      message: "connect ECONNREFUSED 10.0.0.7:5432",
      count: 3,
      last_at: "2026-01-11T09:58:12.250Z",
      example_task_id: "0199a1b2-0000-7000-8000-000000000001:r7"
    }]
  }]
})
export type JobDetails = typeof JobDetails.Type

/** An agent's tasks that started within one time bucket. */
export const MetricsBucket = Schema.Struct({
  start: Instant,
  total_tasks: Schema.Natural,
  completed_tasks: Schema.Natural,
  failed_tasks: Schema.Natural,
  p50_duration_seconds: orNull(Schema.Finite),
  p95_duration_seconds: orNull(Schema.Finite)
})
export type MetricsBucket = typeof MetricsBucket.Type

/** Metrics of an agent, or a job definition, over time. */
export const MetricsSeries = Schema.Struct({
  agent_id: Schema.String,
  period: Schema.String,
  bucket: Schema.String,
  buckets: Schema.Array(MetricsBucket).annotate({
    description:
      "Oldest first, from the bucket in which the period begins to the current one, including buckets without tasks."
  })
}).annotate({
  examples: [{
    agent_id: "research-worker",
    period: "1h",
    bucket: "30m",
    buckets: [
      {
        start: "2026-01-11T09:30:00Z",
        total_tasks: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        p50_duration_seconds: null,
        p95_duration_seconds: null
      },
      {
        start: "2026-01-11T10:00:00Z",
        total_tasks: 4,
        completed_tasks: 3,
        failed_tasks: 1,
        p50_duration_seconds: 41.5,
        p95_duration_seconds: 88.04
      }
    ]
  }]
})
export type MetricsSeries = typeof MetricsSeries.Type

/** Agents, and job definitions as agents, each as in `metrics`. */
export const AgentPage = Schema.Struct({ agents: Schema.Array(AgentMetrics), next_cursor }).annotate({
  examples: [{ agents: [exampleMetrics] }]
})

const counts = Schema.Record(Schema.String, Schema.Natural)

/** What a tenant has sent, and what is missing. */
export const IngestHealth = Schema.Struct({
  accepted: Schema.Natural.annotate({ description: "Events stored, in total." }),
  duplicates: Schema.Natural.annotate({ description: "Events sent again, counted each time." }),
  rejected: counts.annotate({
    description: "Events rejected, counted each time, by code; codes without events are omitted."
  }),
  lost: Schema.Record(Schema.String, counts).annotate({
    description:
      "Events that trackers reported as lost, by service key and reason, summed over all trackers of the service."
  }),
  gaps: Schema.Array(
    Schema.Struct({
      incarnation_id: Schema.String,
      from: Schema.Natural,
      to: Schema.Natural
    })
  ).annotate({
    description: "Missing `sequence` numbers that were followed by a later event: the first and last number of each " +
      "gap. At most 500 gaps, of the 100 incarnations with the greatest ids, which are the newest."
  })
}).annotate({
  examples: [{
    accepted: 120000,
    duplicates: 40,
    rejected: { invalid_timestamp: 2 },
    lost: { billing: { overflow: 12 } },
    gaps: [{ incarnation_id: "0199a1b2-0000-7000-8000-000000000001", from: 7, to: 9 }]
  }]
})
export type IngestHealth = typeof IngestHealth.Type
