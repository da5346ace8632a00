import { boom, type Course, eventIdOf, farAway, range, type Step, type Story, timesOf } from "./Story.ts"

const executed = (runCount: number, attempt: number): Step => [
  "job.executed",
  { runCount, attempt, durationMs: 5, preExecutionState: { n: runCount } }
]
const failed = (runCount: number, attempt: number, willRetry: boolean): Step => [
  "job.failed",
  { runCount, attempt, willRetry, error: boom }
]

const endings: Record<Story["status"], (runCount: number, attempt: number) => ReadonlyArray<Step>> = {
  running: (runCount, attempt) => [executed(runCount, attempt), ["task.scheduled", { scheduledAt: farAway }]],
  completed: (runCount, attempt) => [
    ["debounce.flushed", { eventCount: 3, reason: "timeout", durationMs: 5 }],
    executed(runCount, attempt)
  ],
  failed: (runCount, attempt) => [
    failed(runCount, attempt, false),
    ["job.retryExhausted", { attempts: attempt, reason: "max_attempts" }],
    ["job.terminated", { reason: "exhausted", runCount }]
  ],
  cancelled: (runCount, attempt) => [executed(runCount, attempt), ["job.terminated", { runCount }]]
}

/** A life of a job from an emitter that knew neither incarnations nor a sequence. */
export const earlierLife = (names: { readonly jobName: string; readonly id: string }, course: Course): Story => {
  const { ending, failures, units } = course
  const jobType = ending === "completed" ? "debounce" : "task"
  const instanceId = `${jobType}:${names.jobName}:${names.id}`
  const steps: ReadonlyArray<Step> = [
    ending === "completed" ? ["debounce.started", { flushAt: farAway }] : ["job.started", { input: { n: 1 } }],
    ...range(units - 1).map((run) => executed(run, 1)),
    ...range(failures).map((attempt) => failed(units, attempt, true)),
    ...endings[ending](units, failures + 1)
  ]
  const times = timesOf(course, steps.length, 1)
  return {
    planId: instanceId,
    status: ending,
    tasks: range(units).map((run) => ({
      taskId: `${instanceId}:r${run}`,
      state: run === units && ending === "failed" ? "failed" : "completed",
      attempt: run === units ? failures + 1 : 1
    })),
    events: steps.map(([type, fields], i) => ({
      eventId: eventIdOf(instanceId, i),
      timestamp: times[i],
      source: "job",
      type,
      instanceId,
      jobType,
      jobName: names.jobName,
      ...fields
    }))
  }
}
