import { Backoff } from "../../../src/index.ts"
import { continuous } from "../calls.ts"
import { held, meanwhile, pass, type Table } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { getState, start, status, terminate, trigger } = continuous

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const exhaustionTable: Table = {
  about: "failures with no attempt left",
  cases: [
    {
      name: "exhausted: execution.failed(willRetry: false), retry.exhausted, job.failed, job.terminated",
      jobs: aContinuous({ retry, runs: ["fails", "fails", "fails"] }),
      given: [start({ n: 0 }), pass("1 second")],
      when: [pass("2 seconds"), status(), getState()],
      outcome: {
        answers: [
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null },
          { state: null }
        ],
        events: [
          "@3s alarm.fired r1 kind=retry scheduledFor=3s",
          "retry.attempted r1 attempt=3 scheduledFor=3s",
          "execution.started r1 trigger=retry attempt=3 runCount=1",
          "execution.failed r1 attempt=3 runCount=1 error=TypeError(failure 3) preExecutionState={n:0} willRetry=false",
          "retry.exhausted r1 reason=maxAttempts attempts=3 lastError=TypeError(failure 3) totalDurationMs=3000",
          "job.failed r1 reason=retryExhausted attempt=3 runCount=1 error=TypeError(failure 3) finalState={n:0}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: [],
        because: [
          "retry.attempted < alarm.fired",
          "execution.started < retry.attempted",
          "execution.failed < execution.started",
          "retry.exhausted < execution.failed"
        ]
      }
    },
    {
      name: "exhausted in a call: the caller is told, and the tick that waits is cancelled",
      jobs: aContinuous({ retry: { maxAttempts: 1, delay: 0 }, startImmediately: false, runs: ["fails"] }),
      given: [start({ n: 4 })],
      when: [trigger()],
      outcome: {
        answers: ["ExecutionFailed continuous:job:a r1 attempts=1 TypeError(failure 1)"],
        events: [
          "execution.started r1 trigger=trigger attempt=1 runCount=1",
          "execution.failed r1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:4} willRetry=false",
          "retry.exhausted r1 reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "alarm.cancelled kind=schedule reason=retryExhausted scheduledFor=60s",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:4}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "exhausted by the start itself",
      jobs: aContinuous({ retry: { maxAttempts: 1, delay: 0 }, runs: ["fails"] }),
      when: [start({ n: 4 })],
      outcome: {
        answers: ["ExecutionFailed continuous:job:a r1 attempts=1 TypeError(failure 1)"],
        events: [
          "job.created input={n:4}",
          "job.started input={n:4}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.failed r1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:4} willRetry=false",
          "retry.exhausted r1 reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:4}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "exhausted by a trigger that runs the last retry",
      jobs: aContinuous({ retry: { maxAttempts: 2, delay: "5 seconds" }, runs: ["fails", "fails"] }),
      given: [start({ n: 0 }), pass("3 seconds")],
      when: [trigger()],
      outcome: {
        answers: ["ExecutionFailed continuous:job:a r1 attempts=2 TypeError(failure 2)"],
        events: [
          "@3s retry.attempted r1 attempt=2 scheduledFor=5s",
          "execution.started r1 trigger=trigger attempt=2 runCount=1",
          "execution.failed r1 attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState={n:0} willRetry=false",
          "retry.exhausted r1 reason=maxAttempts attempts=2 lastError=TypeError(failure 2) totalDurationMs=3000",
          "alarm.cancelled r1 kind=retry reason=retryExhausted scheduledFor=5s",
          "job.failed r1 reason=retryExhausted attempt=2 runCount=1 error=TypeError(failure 2) finalState={n:0}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "exhausted by time: alarm.fired, retry.exhausted(maxDuration), job.failed, job.terminated",
      jobs: aContinuous({ retry: { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" }, runs: ["fails"] }),
      given: [start({ n: 0 })],
      when: [pass("4 seconds")],
      outcome: {
        answers: [],
        events: [
          "@4s alarm.fired r1 kind=retry scheduledFor=4s",
          "retry.exhausted r1 reason=maxDuration attempts=1 lastError=TypeError(failure 1) totalDurationMs=4000",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:0}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: [],
        saw: [],
        because: ["retry.exhausted < alarm.fired"]
      }
    },
    {
      name: "exhausted by time, found out by a trigger",
      jobs: aContinuous({ retry: { maxAttempts: 9, delay: "9 seconds", maxDuration: "3 seconds" }, runs: ["fails"] }),
      given: [start({ n: 0 }), pass("4 seconds")],
      when: [trigger()],
      outcome: {
        answers: ["ExecutionFailed continuous:job:a r1 attempts=1 TypeError(failure 1)"],
        events: [
          "@4s retry.exhausted r1 reason=maxDuration attempts=1 lastError=TypeError(failure 1) totalDurationMs=4000",
          "alarm.cancelled r1 kind=retry reason=retryExhausted scheduledFor=9s",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:0}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "exhausted by time, found out when a long attempt fails",
      jobs: aContinuous({
        retry: { maxAttempts: 9, delay: "1 second", maxDuration: "3 seconds", timeout: "5 seconds" },
        runs: ["holds"]
      }),
      when: [meanwhile(start({ n: 0 })), held(1), pass("5 seconds")],
      outcome: {
        answers: [
          "ExecutionFailed continuous:job:a r1 attempts=1 AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…)"
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "@5s execution.failed r1 attempt=1 runCount=1 durationMs=5000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) preExecutionState={n:0} willRetry=false",
          "retry.exhausted r1 reason=maxDuration attempts=1 lastError=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) totalDurationMs=5000",
          "job.failed r1 reason=retryExhausted attempt=1 runCount=1 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) finalState={n:0}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "terminated by its handler in a retry",
      jobs: aContinuous({ retry, runs: ["fails", { terminates: "enough" }] }),
      given: [start({ n: 0 })],
      when: [pass("1 second")],
      outcome: {
        answers: [],
        events: [
          "@1s alarm.fired r1 kind=retry scheduledFor=1s",
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0} terminated",
          "job.completed reason=terminatedByHandler runCount=1",
          "job.terminated reason=enough by=handler runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a client that terminates while a retry waits",
      jobs: aContinuous({ retry, runs: ["fails"] }),
      given: [start({ n: 0 })],
      when: [terminate(), pass("1 minute")],
      outcome: {
        answers: [{ terminated: true }],
        events: [
          "alarm.cancelled r1 kind=retry reason=terminated scheduledFor=1s",
          "job.terminated by=client runCount=1"
        ],
        left: []
      }
    }
  ]
}
