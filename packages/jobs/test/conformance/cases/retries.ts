import { Backoff } from "../../../src/index.ts"
import { continuous } from "../calls.ts"
import { held, meanwhile, pass, type Table } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { getState, start, status, trigger } = continuous

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const retriesTable: Table = {
  about: "failures that are retried",
  cases: [
    {
      name: "a failed attempt: execution.failed(willRetry), alarm.scheduled(retry), retry.scheduled",
      jobs: aContinuous({ retry, runs: ["fails"] }),
      when: [start({ n: 0 }), status(), getState()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { status: "running", runCount: 1, attempt: 2, nextRunAt: 1000 },
          { state: { n: 0 } }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.failed r1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=1s",
          "retry.scheduled r1 attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 alarm(retry@1s) execution(r1 trigger=start attempt=2 first@0s last=TypeError(failure 1))"
        ]
      }
    },
    {
      name: "the retry: alarm.fired, retry.attempted, the same execution again",
      jobs: aContinuous({ retry, runs: ["fails"] }),
      given: [start({ n: 0 })],
      when: [pass("1 second"), status()],
      outcome: {
        answers: [{ status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }],
        events: [
          "@1s alarm.fired r1 kind=retry scheduledFor=1s",
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: ["execute r1 attempt=2 runCount=1 on {n:0}"]
      }
    },
    {
      name: "retries wait as long as the backoff says",
      jobs: aContinuous({ retry, runs: ["fails", "fails"] }),
      given: [start({ n: 0 })],
      when: [pass("1 second"), pass("2 seconds")],
      outcome: {
        answers: [],
        events: [
          "@1s alarm.fired r1 kind=retry scheduledFor=1s",
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.failed r1 attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=3s",
          "retry.scheduled r1 attempt=3 delayMs=2000 error=TypeError(failure 2) retryAt=3s",
          "@3s alarm.fired r1 kind=retry scheduledFor=3s",
          "retry.attempted r1 attempt=3 scheduledFor=3s",
          "execution.started r1 trigger=retry attempt=3 runCount=1",
          "execution.succeeded r1 attempt=3 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: [
          "execute r1 attempt=2 runCount=1 on {n:0}",
          "execute r1 attempt=3 runCount=1 on {n:0}"
        ],
        because: [
          "retry.attempted < alarm.fired",
          "execution.started < retry.attempted",
          "execution.failed < execution.started",
          "retry.scheduled < execution.failed",
          "retry.attempted < alarm.fired",
          "execution.started < retry.attempted",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "exponential backoff, bounded",
      jobs: aContinuous({
        retry: { maxAttempts: 4, delay: Backoff.exponential({ base: "1 second", max: "3 seconds" }) },
        runs: ["fails", "fails", "fails"]
      }),
      given: [start({ n: 0 })],
      when: [pass("1 second"), pass("2 seconds"), status()],
      outcome: {
        answers: [{ status: "running", runCount: 1, attempt: 4, nextRunAt: 6000 }],
        events: [
          "@1s alarm.fired r1 kind=retry scheduledFor=1s",
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.failed r1 attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=3s",
          "retry.scheduled r1 attempt=3 delayMs=2000 error=TypeError(failure 2) retryAt=3s",
          "@3s alarm.fired r1 kind=retry scheduledFor=3s",
          "retry.attempted r1 attempt=3 scheduledFor=3s",
          "execution.started r1 trigger=retry attempt=3 runCount=1",
          "execution.failed r1 attempt=3 runCount=1 error=TypeError(failure 3) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=6s",
          "retry.scheduled r1 attempt=4 delayMs=3000 error=TypeError(failure 3) retryAt=6s"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 alarm(retry@6s) execution(r1 trigger=retry attempt=4 first@0s last=TypeError(failure 3))"
        ]
      }
    },
    {
      name: "a trigger while a retry waits runs that retry now",
      jobs: aContinuous({ retry, runs: ["fails"] }),
      given: [start({ n: 0 })],
      when: [trigger()],
      outcome: {
        answers: [{ triggered: true, terminated: false, retryScheduled: false }],
        events: [
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=trigger attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule replaces=1s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: ["execute r1 attempt=2 runCount=1 on {n:0}"]
      }
    },
    {
      name: "a trigger that fails while a retry waits sets the next one",
      jobs: aContinuous({ retry, runs: ["fails", "fails"] }),
      given: [start({ n: 0 })],
      when: [trigger()],
      outcome: {
        answers: [{ triggered: true, terminated: false, retryScheduled: true }],
        events: [
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=trigger attempt=2 runCount=1",
          "execution.failed r1 attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry replaces=1s scheduledFor=2s",
          "retry.scheduled r1 attempt=3 delayMs=2000 error=TypeError(failure 2) retryAt=2s"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 alarm(retry@2s) execution(r1 trigger=trigger attempt=3 first@0s last=TypeError(failure 2))"
        ]
      }
    },
    {
      name: "a retry that is exactly on time is made",
      jobs: aContinuous({ retry: { maxAttempts: 9, delay: "3 seconds", maxDuration: "3 seconds" }, runs: ["fails"] }),
      given: [start({ n: 0 })],
      when: [pass("3 seconds")],
      outcome: {
        answers: [],
        events: [
          "@3s alarm.fired r1 kind=retry scheduledFor=3s",
          "retry.attempted r1 attempt=2 scheduledFor=3s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "an attempt that takes longer than its timeout has failed",
      jobs: aContinuous({ retry: { ...retry, timeout: "5 seconds" }, runs: ["holds"] }),
      when: [meanwhile(start({ n: 0 })), held(1), pass("5 seconds")],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "@5s execution.failed r1 attempt=1 runCount=1 durationMs=5000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=6s",
          "retry.scheduled r1 attempt=2 delayMs=1000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) retryAt=6s"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 alarm(retry@6s) execution(r1 trigger=start attempt=2 first@0s last=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…))"
        ]
      }
    },
    {
      name: "a defect is retried as a failure is",
      jobs: aContinuous({ retry, runs: ["dies"] }),
      given: [start({ n: 0 })],
      when: [pass("1 second")],
      outcome: {
        answers: [],
        events: [
          "@1s alarm.fired r1 kind=retry scheduledFor=1s",
          "retry.attempted r1 attempt=2 scheduledFor=1s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a state that breaks its schema is a failed attempt",
      jobs: aContinuous({ retry, runs: ["spoils"] }),
      when: [start({ n: 0 }), getState()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { state: { n: 0 } }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.failed r1 attempt=1 runCount=1 error=InvalidState(The handler left a state that cannot be stored: state.n: Exp…) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=1s",
          "retry.scheduled r1 attempt=2 delayMs=1000 error=InvalidState(The handler left a state that cannot be stored: state.n: Exp…) retryAt=1s"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 alarm(retry@1s) execution(r1 trigger=start attempt=2 first@0s last=InvalidState(The handler left a state that cannot be stored: state.n: Exp…))"
        ]
      }
    },
    {
      name: "after a success the next failure has all attempts again",
      jobs: aContinuous({ retry: { maxAttempts: 2, delay: "1 second" }, runs: ["fails", "works", "fails"] }),
      given: [start({ n: 0 }), pass("1 second")],
      when: [trigger(), pass("1 second")],
      outcome: {
        answers: [{ triggered: true, terminated: false, retryScheduled: true }],
        events: [
          "@1s execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.failed r2 attempt=1 runCount=2 error=TypeError(failure 2) preExecutionState={n:1} willRetry",
          "alarm.scheduled r2 kind=retry replaces=60s scheduledFor=2s",
          "retry.scheduled r2 attempt=2 delayMs=1000 error=TypeError(failure 2) retryAt=2s",
          "@2s alarm.fired r2 kind=retry scheduledFor=2s",
          "retry.attempted r2 attempt=2 scheduledFor=2s",
          "execution.started r2 trigger=retry attempt=2 runCount=2",
          "execution.succeeded r2 attempt=2 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)"]
      }
    }
  ]
}
