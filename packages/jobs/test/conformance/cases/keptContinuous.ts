import { continuous } from "../calls.ts"
import { crash, pass, type Table, up } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

/** One attempt, and its failure is kept. */
const keeps = { retry: { maxAttempts: 1, delay: 0 }, onExhausted: "keep" } as const

export const keptContinuousTable: Table = {
  about: "kept failures of continuous jobs",
  cases: [
    {
      name: "continuous: the failure is kept with its state, and nothing is scheduled",
      jobs: aContinuous({ ...keeps, runs: ["works", "fails"] }),
      given: [continuous.start({ n: 0 })],
      when: [continuous.trigger(), continuous.status(), continuous.getState()],
      outcome: {
        answers: [
          "ExecutionFailed continuous:job:a r2 attempts=1 TypeError(failure 1)",
          { status: "failed", runCount: 2, attempt: 1, nextRunAt: null },
          { state: { n: 1 } }
        ],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.failed r2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:1} willRetry=false",
          "retry.exhausted r2 reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "alarm.cancelled kind=schedule reason=retryExhausted scheduledFor=60s",
          "job.failed r2 reason=retryExhausted attempt=1 runCount=2 error=TypeError(failure 1) finalState={n:1}"
        ],
        left: [
          "continuous:job:a: failed {n:1} runCount=2 execution(r2 trigger=trigger attempt=1 first@0s last=TypeError(failure 1))"
        ]
      }
    },
    {
      name: "continuous: what is kept takes no start and no trigger, and no time",
      jobs: aContinuous({ ...keeps, runs: ["fails"] }),
      given: [continuous.start({ n: 0 })],
      when: [continuous.start({ n: 9 }), continuous.trigger(), pass("5 minutes"), continuous.status()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: false, status: "failed" },
          { triggered: false, terminated: false, retryScheduled: false },
          { status: "failed", runCount: 1, attempt: 1, nextRunAt: null }
        ],
        events: [],
        left: [
          "continuous:job:a: failed {n:0} runCount=1 execution(r1 trigger=start attempt=1 first@0s last=TypeError(failure 1))"
        ]
      }
    },
    {
      name: "continuous: retry opens a new incarnation with the state",
      jobs: aContinuous({ ...keeps, runs: ["works", "fails"] }),
      given: [continuous.start({ n: 0 }), continuous.trigger()],
      when: [continuous.retry(), continuous.status(), continuous.getState()],
      outcome: {
        answers: [
          { retried: true },
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 },
          { state: { n: 2 } }
        ],
        events: [
          "job.created input={n:1}",
          "job.started input={n:1}",
          "execution.started r1 trigger=retry attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=1 alarm(schedule@60s)"],
        saw: ["execute r1 attempt=1 runCount=1 on {n:1}"]
      }
    },
    {
      name: "continuous: a retry that fails is kept again",
      jobs: aContinuous({ ...keeps, runs: ["fails", "fails"] }),
      given: [continuous.start({ n: 0 })],
      when: [continuous.retry(), continuous.status()],
      outcome: {
        answers: [
          "ExecutionFailed continuous:job:a r1 attempts=1 TypeError(failure 2)",
          { status: "failed", runCount: 1, attempt: 1, nextRunAt: null }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=retry attempt=1 runCount=1",
          "execution.failed r1 attempt=1 runCount=1 error=TypeError(failure 2) preExecutionState={n:0} willRetry=false",
          "retry.exhausted r1 reason=maxAttempts attempts=1 lastError=TypeError(failure 2) totalDurationMs=0",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 2) finalState={n:0}"
        ],
        left: [
          "continuous:job:a: failed {n:0} runCount=1 execution(r1 trigger=retry attempt=1 first@0s last=TypeError(failure 2))"
        ]
      }
    },
    {
      name: "continuous: discard purges what was kept",
      jobs: aContinuous({ ...keeps, runs: ["fails"] }),
      given: [continuous.start({ n: 0 })],
      when: [continuous.discard(), continuous.status(), continuous.discard()],
      outcome: {
        answers: [
          { discarded: true },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null },
          { discarded: false }
        ],
        events: ["job.terminated by=discard runCount=1"],
        left: []
      }
    },
    {
      name: "continuous: terminate purges what was kept",
      jobs: aContinuous({ ...keeps, runs: ["fails"] }),
      given: [continuous.start({ n: 0 })],
      when: [continuous.terminate({ reason: "enough" }), continuous.start({ n: 1 })],
      outcome: {
        answers: [
          { terminated: true, reason: "enough" },
          { instanceId: "continuous:job:a", created: true, status: "running" }
        ],
        events: [
          "job.terminated reason=enough by=client runCount=1",
          "job.created input={n:1}",
          "job.started input={n:1}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "continuous: what runs is neither retried nor discarded",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 })],
      when: [continuous.retry(), continuous.discard(), continuous.status()],
      outcome: {
        answers: [
          { retried: false },
          { discarded: false },
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }
        ],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "continuous: what is kept outlives the process",
      jobs: aContinuous({ ...keeps, runs: ["fails"] }),
      given: [continuous.start({ n: 3 }), crash, pass("1 hour"), up()],
      when: [continuous.status(), continuous.getState(), continuous.retry()],
      outcome: {
        answers: [
          { status: "failed", runCount: 1, attempt: 1, nextRunAt: null },
          { state: { n: 3 } },
          { retried: true }
        ],
        events: [
          "@3600s job.created input={n:3}",
          "job.started input={n:3}",
          "execution.started r1 trigger=retry attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:3}",
          "alarm.scheduled kind=schedule scheduledFor=3660s"
        ],
        left: ["continuous:job:a: running {n:4} runCount=1 alarm(schedule@3660s)"]
      }
    },
    {
      name: "continuous: out of time is kept too",
      jobs: aContinuous({
        onExhausted: "keep",
        retry: { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" },
        runs: ["fails"]
      }),
      given: [continuous.start({ n: 0 })],
      when: [pass("4 seconds"), continuous.status()],
      outcome: {
        answers: [{ status: "failed", runCount: 1, attempt: 1, nextRunAt: null }],
        events: [
          "@4s alarm.fired r1 kind=retry scheduledFor=4s",
          "retry.exhausted r1 reason=maxDuration attempts=1 lastError=TypeError(failure 1) totalDurationMs=4000",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:0}"
        ],
        left: [
          "continuous:job:a: failed {n:0} runCount=1 execution(r1 trigger=start attempt=1 first@0s last=TypeError(failure 1))"
        ]
      }
    }
  ]
}
