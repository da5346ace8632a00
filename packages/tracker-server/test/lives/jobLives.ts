import { boom, type Course, eventIdOf, farAway, range, type Step, type Story, timesOf, type ToldTask } from "./Story.ts"

export const jobTypes = ["continuous", "task", "debounce", "workerPool"] as const
type JobType = typeof jobTypes[number]

interface Execution {
  /** Behind the incarnation's id. */
  readonly name: string
  readonly handler: "execute" | "onEvent"
  readonly trigger: "start" | "alarm" | "flush" | "event" | "item"
  readonly runCount: number
}

const started = ({ handler, name, runCount, trigger }: Execution, attempt: number): Step => [
  "execution.started",
  { name, attempt, isRetry: attempt > 1, runCount, trigger: attempt > 1 ? "retry" : trigger, handler }
]
const succeeded = ({ name, runCount }: Execution, attempt: number): Step => [
  "execution.succeeded",
  { name, attempt, runCount, durationMs: 5 }
]
const failed = ({ name, runCount }: Execution, attempt: number, willRetry: boolean): Step => [
  "execution.failed",
  { name, attempt, willRetry, error: boom, runCount, durationMs: 5 }
]
const retried = ({ name }: Execution, attempt: number): ReadonlyArray<Step> => [
  ["alarm.scheduled", { kind: "retry", scheduledFor: farAway }],
  ["retry.scheduled", { name, attempt, retryAt: farAway, delayMs: 10, error: boom }],
  ["alarm.fired", { kind: "retry", scheduledFor: farAway, lateByMs: 0 }],
  ["retry.attempted", { name, attempt, scheduledFor: farAway }]
]

/** Attempts that fail and are tried again, and the begin of the one after them. */
const attempts = (execution: Execution, failures: number): ReadonlyArray<Step> => [
  ...range(failures).flatMap((attempt) => [
    started(execution, attempt),
    failed(execution, attempt, true),
    ...retried(execution, attempt + 1)
  ]),
  started(execution, failures + 1)
]

const alarm = (kind: "schedule" | "flush" | "task"): ReadonlyArray<Step> => [
  ["alarm.scheduled", { kind, scheduledFor: farAway }],
  ["alarm.fired", { kind, scheduledFor: farAway, lateByMs: 1 }]
]

interface Plot {
  readonly before: (unit: number) => ReadonlyArray<Step>
  readonly execution: (unit: number) => Execution
  readonly after: ReadonlyArray<Step>
  /** The name of the reason for which such a job completes. */
  readonly completes: string
}

const plots: Record<JobType, Plot> = {
  continuous: {
    before: (unit) => unit === 1 ? [] : alarm("schedule"),
    execution: (unit) => ({
      name: `r${unit}`,
      handler: "execute",
      trigger: unit === 1 ? "start" : "alarm",
      runCount: unit
    }),
    after: [],
    completes: "terminatedByHandler"
  },
  task: {
    before: (unit) => [
      ["task.event.received", { eventCount: unit, isFirstEvent: unit === 1, event: { n: unit } }]
    ],
    execution: (unit) => ({ name: `e${unit}`, handler: "onEvent", trigger: "event", runCount: unit }),
    after: [["task.idle", { idleReason: "onEvent" }]],
    completes: "terminatedByHandler"
  },
  debounce: {
    before: () => [
      ["debounce.event.added", { eventCount: 1, isFirst: true, flushAt: farAway }],
      ...alarm("flush"),
      ["debounce.event.added", { eventCount: 2, isFirst: false, flushAt: farAway }],
      ["debounce.flush.triggered", { eventCount: 2, reason: "timeout", windowMs: 20 }]
    ],
    execution: () => ({ name: "flush", handler: "execute", trigger: "flush", runCount: 1 }),
    after: [],
    completes: "flushed"
  },
  workerPool: {
    before: (unit) => [
      ["pool.item.enqueued", { name: `i${unit}`, itemId: String(unit), priority: 0, depth: 1 }],
      ["pool.paused", {}],
      ["pool.resumed", {}]
    ],
    execution: (unit) => ({ name: `i${unit}`, handler: "execute", trigger: "item", runCount: unit }),
    after: [["pool.drained", { processed: 1 }]],
    completes: "drained"
  }
}

/** What the last execution comes to, from its last attempt on. */
const endings: Record<Story["status"], (execution: Execution, attempt: number, plot: Plot) => ReadonlyArray<Step>> = {
  running: (execution, attempt, { after }) => [succeeded(execution, attempt), ...after],
  completed: (execution, attempt, { after, completes }) => [
    succeeded(execution, attempt),
    ...after,
    ["job.completed", { reason: completes, runCount: execution.runCount }],
    ["job.terminated", { by: "handler", runCount: execution.runCount }]
  ],
  failed: (execution, attempt) => [
    failed(execution, attempt, false),
    ["retry.exhausted", {
      name: execution.name,
      attempts: attempt,
      reason: "maxAttempts",
      lastError: boom,
      totalDurationMs: 20
    }],
    ["job.failed", {
      error: boom,
      runCount: execution.runCount,
      attempt,
      willRetry: false,
      reason: "retryExhausted"
    }],
    ["job.terminated", { by: "retryExhausted", runCount: execution.runCount }]
  ],
  cancelled: ({ runCount }) => [["job.terminated", { by: "client", runCount }]]
}

/** `ctx.progress` of an attempt: an envelope, sent at once. */
const report = (jobName: string, planId: string, [type, { name }]: Step, place: number, time: string) =>
  type === "execution.started"
    ? [{
      id: `${eventIdOf(planId, place)}-report`,
      source: jobName,
      specversion: "1.0",
      type: "task.progress",
      topic: "system-events",
      time,
      data: {
        task_id: `${planId}:${name}`,
        plan_id: planId,
        state: "running",
        progress: 0.5,
        message: "halfway"
      }
    }]
    : []

/** A life of a job of this type, as the jobs runtime tells it. Several events may share a millisecond. */
export const jobLife = (
  jobType: JobType,
  names: { readonly incarnationId: string; readonly jobName: string; readonly id: string },
  course: Course
): Story => {
  const { incarnationId, jobName } = names
  const plot = plots[jobType]
  const units = jobType === "debounce" ? 1 : course.units
  const last = plot.execution(units)
  const steps: ReadonlyArray<Step> = [
    ["job.created", { input: { n: 1 } }],
    ["job.started", {}],
    ...range(units - 1).flatMap((unit) => [
      ...plot.before(unit),
      ...attempts(plot.execution(unit), 0),
      succeeded(plot.execution(unit), 1)
    ]),
    ...plot.before(units),
    ...attempts(last, course.failures),
    ...endings[course.ending](last, course.failures + 1, plot)
  ]
  const times = timesOf(course, steps.length, 0)
  const taskOf = (unit: number, rest: Omit<ToldTask, "taskId">): ToldTask => ({
    taskId: `${incarnationId}:${plot.execution(unit).name}`,
    ...rest
  })
  return {
    planId: incarnationId,
    status: course.ending,
    tasks: [
      ...range(units - 1).map((unit) => taskOf(unit, { state: "completed", attempt: 1 })),
      taskOf(units, {
        state: course.ending === "running" ? "completed" : course.ending,
        attempt: course.failures + 1
      })
    ],
    reports: steps.flatMap((step, i) => report(jobName, incarnationId, step, i, times[i] ?? "")),
    events: steps.map(([type, { name, ...fields }], i) => ({
      eventId: eventIdOf(incarnationId, i),
      timestamp: times[i],
      source: "job",
      type,
      instanceId: `${jobType}:${jobName}:${names.id}`,
      id: names.id,
      jobType,
      jobName,
      incarnationId,
      sequence: i + 1,
      traceId: course.traceId,
      ...(name === undefined ? {} : { executionId: `${incarnationId}:${name}` }),
      ...fields
    }))
  }
}
