import * as fc from "fast-check"
import { idField } from "./deliveries.ts"

/** Few ids and instants, so that events meet: on one task, in one instant, across plans. */
const plans = ["plan-1", "plan-2", "life-1", "life-2", "w"]
const tasks = ["task-1", "task-2", "life-1:r1", "life-1:r2", "w:pay"]
const agents = ["agent-1", "agent-2", "audit", "order"]
const states = ["pending", "running", "delegated", "waiting", "completed", "failed", "cancelled"]

export const known = {
  plans: [...plans, "continuous:audit:1", "task:earlier-audit:1", "debounce:earlier-audit:1", "absent"],
  agents: [...agents, "earlier-audit"],
  tasks: [...tasks, "w:ship", "absent"],
  groups: ["group-1", "group-2", "absent"],
  sessions: ["session-1", "session-2", "continuous:audit:1", "absent"]
}

const plan = fc.constantFrom(...plans)
const task = fc.constantFrom(...tasks)
const agent = fc.constantFrom(...agents)
const state = fc.constantFrom(...states)
const near = fc.constantFrom(
  "2026-01-11T10:00:00Z",
  "2026-01-11T10:00:00.250Z",
  "2026-01-11T10:00:00.250001Z",
  "2026-01-11T11:00:01+01:00",
  "2026-01-11T10:01:00Z"
)
/** Some clocks are wrong by a minute, an hour or half a century. */
const skewed = fc.constantFrom(
  "2026-01-11T09:59:00.5Z",
  "2026-01-11T11:00:00Z",
  "1970-01-01T00:00:00Z",
  "2099-12-31T23:59:59.999999Z"
)
const instant = fc.oneof({ weight: 7, arbitrary: near }, { weight: 1, arbitrary: skewed })
const trace = fc.constantFrom("trace-1", "trace-2")
const group = fc.constantFrom("group-1", "group-2")
const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })
const someError = fc.constantFrom<unknown>("boom", { message: "no disk" }, "", null)

const data: ReadonlyArray<readonly [type: string, fc.Arbitrary<Record<string, unknown>>]> = [
  [
    "task.progress",
    fc.record({
      task_id: task,
      plan_id: maybe(plan),
      state,
      progress: maybe(fc.constantFrom(0, 0.25, 1)),
      message: maybe(fc.constantFrom("half", "done")),
      deadline: maybe(instant)
    })
  ],
  [
    "task.state_changed",
    fc.record({ task_id: task, planId: maybe(plan), previous_state: state, new_state: state, reason: maybe(trace) })
  ],
  [
    "plan.started",
    fc.record({ plan_id: plan, parent_plan_id: maybe(plan), goal_event: maybe(trace), current_state: maybe(state) })
  ],
  ["plan.state_changed", fc.record({ plan_id: plan, new_state: state })],
  ["plan.completed", fc.record({ plan_id: plan, result: maybe(someError) })],
  ["plan.failed", fc.record({ plan_id: plan, error: someError })],
  ["plan.cancelled", fc.record({ plan_id: plan })],
  [
    "delegation.started",
    fc.record({ group_id: group, parent_task_id: task, plan_id: maybe(plan), total_tasks: fc.nat(5) })
  ],
  ["never.heard.of", fc.record({ plan_id: maybe(plan), task_id: maybe(task) })]
]

const envelope = {
  time: instant,
  source: agent,
  trace_id: maybe(trace),
  session_id: maybe(fc.constantFrom("session-1", "session-2"))
}

const systemEvent = fc.oneof(
  ...data.map(([type, data]) => fc.record({ ...envelope, type: fc.constant(type), data }))
)

const action = { correlation_id: maybe(task), type: fc.constantFrom("web.search", "analyze.text") }
const request = fc.record({
  ...envelope,
  ...action,
  topic: fc.constant("action-requests"),
  data: fc.record({
    plan_id: maybe(plan),
    assigned_to: maybe(agent),
    deadline: maybe(instant),
    delegation_group_id: maybe(group)
  })
})
const result = fc.record({
  ...envelope,
  ...action,
  topic: fc.constant("action-results"),
  data: fc.record({
    plan_id: maybe(plan),
    delegation_group_id: maybe(group),
    success: maybe(fc.boolean()),
    status: maybe(fc.constantFrom("failed", "ok")),
    error: someError,
    result: maybe(fc.constantFrom(1, "answer"))
  })
})
const goal = fc.record({ ...envelope, type: fc.constant("research.goal"), topic: fc.constant("business-facts") })

const jobFields: ReadonlyArray<readonly [type: string, fc.Arbitrary<Record<string, unknown>>]> = [
  ["job.created", fc.record({})],
  ["job.started", fc.record({})],
  ["job.completed", fc.record({ reason: fc.constant("drained") })],
  ["job.failed", fc.record({ error: fc.record({ message: trace }), attempt: fc.constant(3) })],
  ["job.terminated", fc.record({ by: fc.constantFrom("client", "retryExhausted") })],
  ["execution.started", fc.record({ attempt: fc.integer({ min: 1, max: 3 }), handler: fc.constant("execute") })],
  ["execution.succeeded", fc.record({ attempt: fc.integer({ min: 1, max: 3 }), durationMs: fc.nat(100) })],
  ["execution.failed", fc.record({ error: fc.record({ message: trace }), willRetry: fc.boolean() })],
  ["retry.scheduled", fc.record({ attempt: fc.integer({ min: 2, max: 3 }), retryAt: instant })],
  ["retry.attempted", fc.record({ attempt: fc.integer({ min: 2, max: 3 }) })],
  ["retry.exhausted", fc.record({ lastError: fc.record({ message: trace }) })],
  ["alarm.scheduled", fc.record({ scheduledFor: instant, kind: fc.constantFrom("retry", "schedule") })],
  ["alarm.fired", fc.record({ scheduledFor: instant })],
  ["alarm.cancelled", fc.record({ kind: fc.constantFrom("retry", "schedule"), reason: trace })],
  ["debounce.event.added", fc.record({ eventCount: fc.nat(5) })],
  ["debounce.flush.triggered", fc.record({ eventCount: fc.nat(5) })],
  ["debounce.cleared", fc.record({ discardedEvents: fc.nat(5) })],
  ["task.event.received", fc.record({ eventCount: fc.nat(5) })],
  ["task.idle", fc.record({})],
  ["pool.item.enqueued", fc.record({ itemId: task })],
  ["pool.item.cancelled", fc.record({ itemId: task })],
  ["pool.paused", fc.record({})],
  ["pool.resumed", fc.record({})],
  ["job.renamed", fc.record({ name: trace })]
]

const jobEvent = fc.oneof(...jobFields.map(([type, own]) =>
  fc.tuple(
    fc.record({
      timestamp: instant,
      source: fc.constant("job"),
      instanceId: fc.constant("continuous:audit:1"),
      jobType: fc.constant("continuous"),
      jobName: fc.constant("audit"),
      type: fc.constant(type),
      incarnationId: maybe(fc.constantFrom("life-1", "life-2")),
      executionId: maybe(fc.constantFrom("life-1:r1", "life-1:r2")),
      sequence: maybe(fc.integer({ min: 1, max: 12 })),
      traceId: maybe(trace),
      parentIncarnationId: maybe(fc.constant("plan-1"))
    }),
    own
  ).map(([base, own]) => ({ ...base, ...own }))
))

const error = fc.constantFrom<unknown>("boom", { message: "no disk" }, undefined)
const attempt = maybe(fc.integer({ min: 1, max: 3 }))
const runCount = maybe(fc.nat(2))

const earlierFields: ReadonlyArray<readonly [type: string, fc.Arbitrary<Record<string, unknown>>]> = [
  ["job.started", fc.record({})],
  ["job.executed", fc.record({ runCount, attempt, durationMs: maybe(fc.constantFrom(0, 0.5, 250, 86_400_000)) })],
  ["job.failed", fc.record({ runCount, attempt, error, willRetry: maybe(fc.boolean()) })],
  ["job.retryExhausted", fc.record({ attempts: attempt, lastError: error })],
  ["job.terminated", fc.record({ runCount })],
  ["debounce.started", fc.record({ flushAt: maybe(instant) })],
  ["debounce.flushed", fc.record({ eventCount: maybe(fc.nat(5)) })],
  ["task.scheduled", fc.record({ scheduledAt: maybe(instant) })]
]

const earlierEvent = fc.oneof(...earlierFields.map(([type, own]) =>
  fc.tuple(
    fc.record({
      timestamp: instant,
      instanceId: fc.constant("continuous:audit:1"),
      jobType: fc.constant("continuous"),
      jobName: fc.constant("audit"),
      type: fc.constant(type),
      traceId: maybe(trace)
    }),
    own
  ).map(([base, own]) => ({ ...base, ...own }))
))

const workflowFields: ReadonlyArray<readonly [type: string, fc.Arbitrary<Record<string, unknown>>]> = [
  ...["workflow.queued", "workflow.started", "workflow.resumed", "workflow.completed", "workflow.cancelled"]
    .map((type) => [type, fc.record({ parentWorkflowId: maybe(plan) })] as const),
  ["workflow.failed", fc.record({ error })],
  ["workflow.paused", fc.record({ resumeAt: maybe(instant), stepName: maybe(fc.constant("pay")) })],
  ["sleep.started", fc.record({ resumeAt: instant })],
  ["sleep.completed", fc.record({})],
  ...[
    "step.started",
    "step.completed",
    "step.failed",
    "retry.scheduled",
    "retry.exhausted",
    "timeout.set",
    "timeout.exceeded"
  ].map((type) =>
    [
      type,
      fc.record({
        stepName: fc.constantFrom("pay", "ship"),
        attempt,
        error,
        willRetry: maybe(fc.boolean()),
        cached: maybe(fc.boolean()),
        nextAttemptAt: maybe(instant),
        deadline: maybe(instant)
      })
    ] as const
  ),
  ["workflow.renamed", fc.record({ name: trace })]
]

const workflowEvent = fc.oneof(...workflowFields.map(([type, own]) =>
  fc.tuple(
    fc.record({
      timestamp: instant,
      source: fc.constant("workflow"),
      workflowId: fc.constant("w"),
      workflowName: maybe(fc.constant("order")),
      type: fc.constant(type),
      sequence: maybe(fc.integer({ min: 1, max: 3 })),
      traceId: maybe(trace)
    }),
    own
  ).map(([base, own]) => ({ ...base, ...own }))
))

/** JSON has no undefined: what is left out is not there. */
const asJson = (event: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined).map(([key, value]) => [
      key,
      key === "data" && typeof value === "object" && value !== null ? asJson(value) : value
    ])
  )

/** Code points on both sides of the surrogates: UTF-16 and UTF-8 order them differently. */
const name = (n: number) => `${n % 3 === 0 ? "\u{1F600}" : n % 3 === 1 ? "\uFF5E" : "e"}${n}`

/** Any events at all, each with an id of its own and, some of them, another of them (or itself) as their parent. */
export const anyEvents = fc.array(
  fc.tuple(
    fc.oneof(systemEvent, request, result, goal, jobEvent, earlierEvent, workflowEvent),
    fc.option(fc.nat(), { nil: undefined })
  ),
  { minLength: 1, maxLength: 24 }
).map((events) =>
  events.map(([event, parent], i) => {
    const parentField = "timestamp" in event ? "parentEventId" : "parent_event_id"
    return asJson({
      ...event,
      [idField(event)]: name(i),
      ...("topic" in event || "timestamp" in event ? {} : { topic: "system-events" }),
      ...(parent === undefined ? {} : { [parentField]: name(parent % events.length) })
    })
  })
)
