import type {
  AgentMetrics,
  DelegationGroup,
  Explanation,
  IngestAnswer,
  Plan,
  Task,
  TaskDetails,
  TimelineEvent
} from "./views.ts"

/** A running plan of agents. */
export const examplePlan: Plan = {
  plan_id: "plan-123",
  status: "running",
  started_at: "2026-01-11T10:00:00Z",
  task_count: 5,
  completed_tasks: 3,
  failed_tasks: 0,
  current_state: "analyzing",
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  session_id: "session-1",
  parent_plan_id: null,
  goal_event: "research.goal",
  stalled: false
}

/** A sub-plan of `examplePlan`. */
export const exampleSubPlan: Plan = {
  ...examplePlan,
  plan_id: "plan-124",
  status: "failed",
  started_at: "2026-01-11T10:02:00Z",
  completed_at: "2026-01-11T10:02:30.250Z",
  task_count: 1,
  completed_tasks: 0,
  failed_tasks: 1,
  parent_plan_id: "plan-123",
  error: { message: "no disk" }
}

/** A finished task. */
export const exampleTask: Task = {
  task_id: "task-1",
  plan_id: "plan-123",
  event_type: "web.search.requested",
  state: "completed",
  started_at: "2026-01-11T10:01:00Z",
  completed_at: "2026-01-11T10:02:30Z",
  duration_seconds: 90,
  progress: 0.5,
  message: "Processing document 3 of 6",
  agent_id: "research-worker",
  stalled: false
}

/** `exampleTask` with its transitions. */
export const exampleTaskDetails: typeof TaskDetails.Type = {
  ...exampleTask,
  transitions: [{
    from_state: "pending",
    to_state: "running",
    reason: null,
    transitioned_at: "2026-01-11T10:01:02.250Z",
    event_id: "0192b3c4-7a10-7000-8000-000000000001"
  }]
}

/** A group of which one task is known. */
export const exampleGroup: typeof DelegationGroup.Type = {
  group_id: "group-1",
  parent_task_id: "task-0",
  plan_id: "plan-123",
  total_tasks: 2,
  completed_tasks: 1,
  failed_tasks: 0,
  tasks: [{
    task_id: "task-1",
    plan_id: "plan-123",
    event_type: "web.search.requested",
    state: "completed",
    started_at: "2026-01-11T10:01:00Z",
    completed_at: "2026-01-11T10:02:30Z",
    duration_seconds: 90,
    stalled: false
  }]
}

/** Why a task is completed although an event says that it failed. */
export const exampleExplanation: typeof Explanation.Type = {
  task_id: "task-1",
  fields: {
    plan_id: { value: "plan-123", event_id: "event-2", timestamp: "2026-01-11T10:01:00Z" },
    event_type: { value: "web.search.requested", event_id: "event-2", timestamp: "2026-01-11T10:01:00Z" },
    state: { value: "completed", event_id: "event-4", timestamp: "2026-01-11T10:02:30Z" },
    started_at: { value: "2026-01-11T10:01:00Z", event_id: "event-2", timestamp: "2026-01-11T10:01:00Z" },
    completed_at: { value: "2026-01-11T10:02:30Z", event_id: "event-4", timestamp: "2026-01-11T10:02:30Z" },
    duration_seconds: { value: 90, event_id: "event-4", timestamp: "2026-01-11T10:02:30Z" },
    stalled: { value: false, event_id: "event-4", timestamp: "2026-01-11T10:02:30Z" }
  },
  ignored: [{ event_id: "event-5", event_type: "web.search.completed", reason: "superseded" }]
}

/** The request of that task, as an entry of its plan's timeline. */
export const exampleTimelineEvent: TimelineEvent = {
  event_id: "event-2",
  event_type: "web.search.requested",
  timestamp: "2026-01-11T10:01:00Z",
  parent_event_id: "event-1",
  topic: "action-requests",
  source: "planner",
  task_id: "task-1",
  received_at: "2026-01-11T10:01:00.031Z",
  superseded: false,
  data: { plan_id: "plan-123", assigned_to: "research-worker" }
}

/** An agent's metrics. */
export const exampleMetrics: AgentMetrics = {
  agent_id: "research-worker",
  period: "7d",
  total_tasks: 150,
  completed_tasks: 145,
  failed_tasks: 5,
  cancelled_tasks: 0,
  running_tasks: 0,
  avg_duration_seconds: 45.3,
  p50_duration_seconds: 41.5,
  p95_duration_seconds: 88.04,
  success_rate: 0.967
}

/** The request of that task, and an invalid event, as sent by a client. */
export const exampleBatch = {
  events: [
    {
      id: "event-2",
      source: "planner",
      specversion: "1.0",
      type: "web.search.requested",
      topic: "action-requests",
      time: "2026-01-11T10:01:00Z",
      correlation_id: "task-1",
      parent_event_id: "event-1",
      data: { plan_id: "plan-123", assigned_to: "research-worker" }
    },
    { id: "event-3", type: "web.search.completed", time: "yesterday", topic: "action-results", data: {} }
  ]
}

/** Why that event is invalid. */
export const exampleDetail =
  "time is not an RFC 3339 instant with a zone and a real calendar day, such as 2026-01-11T10:00:00.000Z"

/** The response to that batch. */
export const exampleIngestAnswer: IngestAnswer = {
  accepted: 1,
  duplicates: 0,
  rejected: [{
    index: 1,
    eventId: "event-3",
    code: "invalid_timestamp",
    detail: exampleDetail,
    retryable: false
  }]
}
