import { boom, type Course, eventIdOf, farAway, range, type Step, type Story, timesOf } from "./Story.ts"

const started = (stepName: string, attempt: number): Step => ["step.started", { stepName, attempt }]
const completed = (stepName: string, attempt: number, cached: boolean): Step => [
  "step.completed",
  { stepName, attempt, durationMs: 5, cached }
]
const failed = (stepName: string, attempt: number, willRetry: boolean): Step => [
  "step.failed",
  { stepName, attempt, error: boom, willRetry }
]

const endings: Record<Story["status"], (stepName: string, attempt: number) => ReadonlyArray<Step>> = {
  running: (stepName, attempt) => [
    completed(stepName, attempt, false),
    ["sleep.started", { durationMs: 1000, resumeAt: farAway }]
  ],
  completed: (stepName, attempt) => [
    completed(stepName, attempt, false),
    ["workflow.completed", { completedSteps: [stepName], durationMs: 100 }]
  ],
  failed: (stepName, attempt) => [
    failed(stepName, attempt, false),
    ["retry.exhausted", { stepName, attempts: attempt }],
    ["workflow.failed", { error: { ...boom, stepName }, completedSteps: [] }]
  ],
  cancelled: () => [["workflow.cancelled", { reason: "no more", completedSteps: [] }]]
}

/** A workflow whose steps run one after the other, with a sleep between them. */
export const workflowLife = (
  names: { readonly workflowId: string; readonly workflowName: string },
  course: Course
): Story => {
  const { ending, failures, units } = course
  const last = `step-${units}`
  const steps: ReadonlyArray<Step> = [
    ["workflow.queued", { input: { n: 1 } }],
    ["workflow.started", { input: { n: 1 } }],
    ...range(units - 1).flatMap((unit): ReadonlyArray<Step> => [
      started(`step-${unit}`, 1),
      completed(`step-${unit}`, 1, false),
      ["sleep.started", { durationMs: 1000, resumeAt: farAway }],
      ["workflow.paused", { reason: "sleep", resumeAt: farAway }],
      ["workflow.resumed", {}],
      ["sleep.completed", { durationMs: 1000 }],
      // What was done is told again on the way to where it goes on.
      completed(`step-${unit}`, 1, true)
    ]),
    ...range(failures).flatMap((attempt): ReadonlyArray<Step> => [
      started(last, attempt),
      ["timeout.set", { stepName: last, deadline: farAway, timeoutMs: 1000 }],
      failed(last, attempt, true),
      ["retry.scheduled", { stepName: last, attempt, nextAttemptAt: farAway, delayMs: 10 }],
      ["workflow.paused", { reason: "retry", stepName: last, resumeAt: farAway }],
      ["workflow.resumed", {}]
    ]),
    started(last, failures + 1),
    ...endings[ending](last, failures + 1)
  ]
  const times = timesOf(course, steps.length, 1)
  const { workflowId } = names
  return {
    planId: workflowId,
    status: ending,
    tasks: range(units).map((unit) => ({
      taskId: `${workflowId}:step-${unit}`,
      state: unit < units || ending === "running" ? "completed" : ending,
      attempt: unit < units ? 1 : failures + 1
    })),
    events: steps.map(([type, fields], i) => ({
      eventId: eventIdOf(workflowId, i),
      timestamp: times[i],
      source: "workflow",
      type,
      ...names,
      traceId: course.traceId,
      ...fields
    }))
  }
}
