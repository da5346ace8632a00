import { Schema } from "effect"
import {
  exampleExplanation,
  exampleGroup,
  exampleIngestAnswer,
  exampleMetrics,
  examplePlan,
  exampleSubPlan,
  exampleTask,
  exampleTaskDetails,
  exampleTimelineEvent
} from "./examples.ts"

/** An instant as responses carry it: UTC with `Z`, microseconds. */
export const Instant = Schema.String.annotate({ format: "date-time" })
const orNull = Schema.NullOr
const known = Schema.optionalKey

/** The status of a plan. */
export const PlanStatus = Schema.Literals(["running", "paused", "completed", "failed", "cancelled"])
export type PlanStatus = typeof PlanStatus.Type

/** A plan's status and progress: a plan of agents, or one incarnation of a job instance. */
export const Plan = Schema.Struct({
  plan_id: Schema.String,
  status: PlanStatus,
  started_at: orNull(Instant),
  completed_at: known(Instant),
  task_count: Schema.Natural,
  completed_tasks: Schema.Natural,
  failed_tasks: Schema.Natural,
  current_state: orNull(Schema.String),
  trace_id: orNull(Schema.String),
  session_id: orNull(Schema.String),
  parent_plan_id: orNull(Schema.String),
  goal_event: orNull(Schema.String),
  next_run_at: known(Instant),
  progress: known(Schema.Finite),
  stalled: Schema.Boolean,
  error: known(Schema.Unknown)
}).annotate({ examples: [examplePlan] })
export type Plan = typeof Plan.Type

/** The state of a task: one unit of an agent's work, or one execution of a job. */
export const Task = Schema.Struct({
  task_id: Schema.String,
  plan_id: orNull(Schema.String),
  event_type: orNull(Schema.String),
  state: Schema.Literals(["pending", "running", "delegated", "waiting", "completed", "failed", "cancelled"]),
  started_at: orNull(Instant),
  completed_at: known(Instant),
  duration_seconds: known(Schema.Finite),
  progress: known(Schema.Finite),
  message: known(Schema.String),
  agent_id: known(Schema.String),
  attempt: known(Schema.Int),
  stalled: Schema.Boolean,
  error: known(Schema.Unknown)
})
export type Task = typeof Task.Type

/** One state transition of a task as reported by one event, even if late or inconsistent. */
export const Transition = Schema.Struct({
  from_state: Task.fields.state,
  to_state: Task.fields.state,
  reason: orNull(Schema.String),
  transitioned_at: Instant,
  event_id: Schema.String
})

/** One event of a timeline. */
export const TimelineEvent = Schema.Struct({
  event_id: Schema.String,
  event_type: Schema.String,
  timestamp: Instant,
  parent_event_id: orNull(Schema.String),
  topic: orNull(Schema.String),
  source: orNull(Schema.String),
  task_id: known(Schema.String),
  received_at: Instant,
  superseded: Schema.Boolean,
  data: Schema.Unknown
})
export type TimelineEvent = typeof TimelineEvent.Type

export const next_cursor = known(Schema.String.annotate({ description: "Pass it as `cursor` to get the next page." }))

/** A task with its transitions, ordered by instant and then event id. */
export const TaskDetails = Schema.Struct({
  ...Task.fields,
  transitions: Schema.Array(Transition).annotate({
    description:
      "Ordered by instant, then event id; at most 10,000, and 4 MiB of reasons: follow `next_cursor` for more."
  }),
  next_cursor
}).annotate({ examples: [exampleTaskDetails] })

/** A field's value, and the event that determined it. */
const explained = <S extends Schema.Top>(value: S) =>
  Schema.Struct({
    value,
    event_id: orNull(Schema.String).annotate({
      description: "Null if no event did: none reported it, or the event was removed by retention."
    }),
    timestamp: orNull(Instant)
  })

/** Which event determined each field of the task's view. */
export const ExplainedFields = Schema.Struct({
  plan_id: explained(Task.fields.plan_id),
  event_type: explained(Task.fields.event_type),
  state: explained(Task.fields.state),
  started_at: explained(Task.fields.started_at),
  completed_at: known(explained(Instant)),
  duration_seconds: known(explained(Schema.Finite)),
  progress: known(explained(Schema.Finite)),
  message: known(explained(Schema.String)),
  agent_id: known(explained(Schema.String)),
  attempt: known(explained(Schema.Int)),
  stalled: explained(Schema.Boolean).annotate({
    description: "The event is the one that set when something is due next, or that ended the task."
  }),
  error: known(explained(Schema.Unknown))
})
export type ExplainedFields = typeof ExplainedFields.Type

/** An event of a task that determines nothing. */
export const IgnoredEvent = Schema.Struct({
  event_id: Schema.String,
  event_type: Schema.String,
  reason: Schema.Literals(["older", "superseded"]).annotate({
    description: "older: another event takes precedence. superseded: it contradicts, or follows, the end that stands."
  })
})
export type IgnoredEvent = typeof IgnoredEvent.Type

export const Explanation = Schema.Struct({
  task_id: Schema.String,
  fields: ExplainedFields,
  ignored: Schema.Array(IgnoredEvent).annotate({ description: "Newest first." }),
  next_cursor
}).annotate({ examples: [exampleExplanation] })

/** The tasks that one task was delegated to. */
export const DelegationGroup = Schema.Struct({
  group_id: Schema.String,
  parent_task_id: orNull(Schema.String).annotate({ description: "The task that was delegated." }),
  plan_id: orNull(Schema.String),
  total_tasks: orNull(Schema.Natural).annotate({ description: "As declared, regardless of how many tasks are known." }),
  completed_tasks: Schema.Natural,
  failed_tasks: Schema.Natural,
  tasks: Schema.Array(Task).annotate({
    description: "Ordered by start, then id; at most 10,000, and 4 MiB of their texts: follow `next_cursor` for more."
  }),
  next_cursor
}).annotate({ examples: [exampleGroup] })

/** A plan with its sub-plans. */
export interface PlanBranch extends Plan {
  /** Omitted if they did not fit into the response: request that plan's own hierarchy. */
  readonly sub_plans?: ReadonlyArray<PlanBranch>
}
export const PlanBranch: Schema.Codec<PlanBranch> = Schema.Struct({
  ...Plan.fields,
  sub_plans: known(
    Schema.Array(Schema.suspend((): Schema.Codec<PlanBranch> => PlanBranch)).annotate({
      description: "Newest first. Omitted if they did not fit into the response: request this plan's own hierarchy."
    })
  )
}).annotate({ identifier: "PlanBranch" })
export const Hierarchy = Schema.Struct({ plan: PlanBranch }).annotate({
  examples: [{
    plan: { ...examplePlan, sub_plans: [{ ...exampleSubPlan, sub_plans: [] }] }
  }]
})

export const PlanPage = Schema.Struct({ plans: Schema.Array(Plan), next_cursor }).annotate({
  examples: [{ plans: [examplePlan] }]
})
export const TaskPage = Schema.Struct({ tasks: Schema.Array(Task), next_cursor }).annotate({
  examples: [{ tasks: [exampleTask] }]
})
export const Timeline = Schema.Struct({
  trace_id: orNull(Schema.String),
  events: Schema.Array(TimelineEvent),
  next_cursor
}).annotate({ examples: [{ trace_id: examplePlan.trace_id, events: [exampleTimelineEvent] }] })

/** Metrics of an agent, or a job definition, over a period. */
export const AgentMetrics = Schema.Struct({
  agent_id: Schema.String,
  period: Schema.String,
  total_tasks: Schema.Natural,
  completed_tasks: Schema.Natural,
  failed_tasks: Schema.Natural,
  cancelled_tasks: Schema.Natural,
  running_tasks: Schema.Natural,
  avg_duration_seconds: orNull(Schema.Finite),
  p50_duration_seconds: orNull(Schema.Finite),
  p95_duration_seconds: orNull(Schema.Finite),
  success_rate: orNull(Schema.Finite)
}).annotate({ examples: [exampleMetrics] })
export type AgentMetrics = typeof AgentMetrics.Type

/** Why an event was rejected. */
export const RejectionCode = Schema.Literals([
  "not_an_object",
  "missing_field",
  "invalid_id",
  "invalid_type",
  "invalid_timestamp",
  "invalid_payload",
  "invalid_number",
  "invalid_text",
  "too_large",
  "too_deep",
  "id_conflict"
])
export type RejectionCode = typeof RejectionCode.Type

export const Rejection = Schema.Struct({
  index: Schema.Natural.annotate({ description: "The event's index in the request, from 0." }),
  eventId: orNull(Schema.String),
  code: RejectionCode,
  detail: Schema.String,
  retryable: Schema.Boolean
})
export type Rejection = typeof Rejection.Type

/**
 * The result of a batch: `accepted + duplicates + rejected.length` = events sent. Committed before the response is
 * sent.
 */
export const IngestAnswer = Schema.Struct({
  accepted: Schema.Natural,
  duplicates: Schema.Natural,
  rejected: Schema.Array(Rejection)
}).annotate({ examples: [exampleIngestAnswer] })
export type IngestAnswer = typeof IngestAnswer.Type
