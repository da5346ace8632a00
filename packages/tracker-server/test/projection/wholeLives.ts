import * as fc from "fast-check"

type Step = readonly [type: string, fields: object]

const error = { name: "Error", message: "boom" }
const start = (attempt: number): Step => [
  "execution.started",
  { attempt, isRetry: attempt > 1, runCount: 1, trigger: attempt > 1 ? "retry" : "start", handler: "execute" }
]
const failed = (attempt: number, willRetry: boolean): Step => [
  "execution.failed",
  { attempt, willRetry, error, runCount: 1, durationMs: 5 }
]
const later = "2026-01-11T10:30:00.000Z"

const attempts = (failures: number): ReadonlyArray<Step> =>
  Array.from({ length: failures }, (_, i): ReadonlyArray<Step> => [
    start(i + 1),
    failed(i + 1, true),
    ["alarm.scheduled", { kind: "retry", scheduledFor: later }],
    ["retry.scheduled", { attempt: i + 2, retryAt: later, delayMs: 10, error }],
    ["alarm.fired", { kind: "retry", scheduledFor: later, lateByMs: 0 }],
    ["retry.attempted", { attempt: i + 2, scheduledFor: later }]
  ]).flat()

/** How a life ends, and how its plan then reads. */
const endings = {
  running: (attempt: number): ReadonlyArray<Step> => [
    start(attempt),
    ["execution.succeeded", { attempt, runCount: 1, durationMs: 5 }],
    ["alarm.scheduled", { kind: "schedule", scheduledFor: later }]
  ],
  completed: (attempt: number): ReadonlyArray<Step> => [
    start(attempt),
    ["execution.succeeded", { attempt, runCount: 1, durationMs: 5, terminated: true }],
    ["job.completed", { reason: "terminatedByHandler", runCount: 1 }],
    ["job.terminated", { by: "handler", runCount: 1 }]
  ],
  failed: (attempt: number): ReadonlyArray<Step> => [
    start(attempt),
    failed(attempt, false),
    ["retry.exhausted", { attempts: attempt, reason: "maxAttempts", lastError: error, totalDurationMs: 20 }],
    ["job.failed", { error, runCount: 1, attempt, willRetry: false, reason: "retryExhausted" }],
    ["job.terminated", { by: "retryExhausted", runCount: 1 }]
  ],
  cancelled: (attempt: number): ReadonlyArray<Step> => [
    start(attempt),
    ["job.terminated", { by: "client", runCount: 1 }]
  ]
} as const
export type Ending = keyof typeof endings

/** A life from `job.created` to its end, as emitters write it; several events may share a millisecond. */
const wholeLife = (incarnationId: string) =>
  fc.record({
    failures: fc.nat(3),
    ending: fc.constantFrom<Ending>("running", "completed", "failed", "cancelled"),
    steps: fc.array(fc.constantFrom(0, 0, 1, 250, 1000), { minLength: 40, maxLength: 40 })
  }).map(({ ending, failures, steps }) => {
    let now = Date.parse("2026-01-11T10:00:00Z")
    const all: ReadonlyArray<Step> = [
      ["job.created", { input: { n: 1 } }],
      ["job.started", {}],
      ...attempts(failures),
      ...endings[ending](failures + 1)
    ]
    const events = all.map(([type, fields], i) => {
      now += steps[i] ?? 0
      return {
        eventId: `${incarnationId}-${i}`,
        timestamp: new Date(now).toISOString(),
        source: "job",
        type,
        instanceId: "continuous:audit:1",
        jobType: "continuous",
        jobName: "audit",
        incarnationId,
        sequence: i + 1,
        traceId: "0123456789abcdef0123456789abcdef",
        ...(/^(execution|retry)/.test(type) ? { executionId: `${incarnationId}:r1` } : {}),
        ...fields
      }
    })
    return { ending, attempts: failures + 1, events }
  })

/** Two lives of one job instance. */
export const wholeLives = fc.tuple(wholeLife("life-1"), wholeLife("life-2"))
