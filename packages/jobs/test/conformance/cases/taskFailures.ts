import { Backoff } from "../../../src/index.ts"
import { task } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aTask } from "../definitions.ts"

const { getState, send, status, terminate, trigger } = task

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const taskFailuresTable: Table = {
  about: "tasks that fail for good",
  cases: [
    {
      name: "an event out of attempts: failed, processed, exhausted, job.failed, job.terminated",
      jobs: aTask({ retry: { maxAttempts: 2, delay: "1 second" }, events: ["works", "fails", "fails"] }),
      given: [send({ add: 2 }), send({ add: 3 })],
      when: [pass("1 second"), status()],
      outcome: {
        answers: [{ status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }],
        events: [
          "@1s alarm.fired e2 kind=retry scheduledFor=1s",
          "retry.attempted e2 attempt=2 scheduledFor=1s",
          "execution.started e2 trigger=retry attempt=2 runCount=2 handler=onEvent",
          "execution.failed e2 attempt=2 runCount=2 error=TypeError(failure 2) preExecutionState={n:2} willRetry=false",
          "task.event.processed e2 eventCount=2 ok=false",
          "retry.exhausted e2 reason=maxAttempts attempts=2 lastError=TypeError(failure 2) totalDurationMs=1000",
          "job.failed e2 reason=retryExhausted attempt=2 runCount=2 error=TypeError(failure 2) finalState={n:2}",
          "job.terminated by=retryExhausted runCount=2"
        ],
        left: []
      }
    },
    {
      name: "execute out of attempts tells its caller",
      jobs: aTask({ retry: { maxAttempts: 1, delay: 0 }, runs: ["fails"] }),
      given: [send({ add: 2 })],
      when: [trigger(), status()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a x1 attempts=1 TypeError(failure 1)",
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: [
          "execution.started x1 trigger=trigger attempt=1 runCount=2",
          "execution.failed x1 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false",
          "retry.exhausted x1 reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "job.failed x1 reason=retryExhausted attempt=1 runCount=2 error=TypeError(failure 1) finalState={n:2}",
          "job.terminated by=retryExhausted runCount=2"
        ],
        left: []
      }
    },
    {
      name: "an event out of time: processed, exhausted(maxDuration)",
      jobs: aTask({ retry: { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" }, events: ["fails"] }),
      given: [send({ add: 2 })],
      when: [pass("4 seconds"), status()],
      outcome: {
        answers: [{ status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }],
        events: [
          "@4s alarm.fired e1 kind=retry scheduledFor=4s",
          "task.event.processed e1 eventCount=1 ok=false",
          "retry.exhausted e1 reason=maxDuration attempts=1 lastError=TypeError(failure 1) totalDurationMs=4000",
          "job.failed e1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState=null",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "without a retry policy a failed event leaves no state, and the instance alive",
      jobs: aTask({ events: ["fails"] }),
      when: [send({ add: 2 }), status(), getState()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e1 attempts=1 TypeError(failure 1)",
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { state: null }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "execution.failed e1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState=null willRetry=false",
          "task.event.processed e1 eventCount=1 ok=false"
        ],
        left: ["task:job:a: running null runCount=1 task(events=1 executes=0 stateless)"]
      }
    },
    {
      name: "without a retry policy a failed event leaves state and schedule as they were",
      jobs: aTask({ events: [{ schedules: "1 minute" }, "dies"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), status(), getState()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e2 attempts=1 TypeError(failure 1)",
          { status: "active", scheduledAt: 60000, createdAt: 0, eventCount: 2, executeCount: 0 },
          { state: { n: 2 } }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.failed e2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false",
          "task.event.processed e2 eventCount=2 ok=false"
        ],
        left: ["task:job:a: running {n:2} runCount=2 alarm(task@60s) task(events=2 executes=0 scheduled@60s)"]
      }
    },
    {
      name: "without a retry policy a failed execute leaves the instance idle",
      jobs: aTask({ events: [{ schedules: "1 minute" }], runs: ["fails"] }),
      given: [send({ add: 2 })],
      when: [pass("1 minute"), status(), getState()],
      outcome: {
        answers: [
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 1 },
          { state: { n: 2 } }
        ],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "execution.failed x1 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false"
        ],
        left: ["task:job:a: running {n:2} runCount=2 task(events=1 executes=1)"]
      }
    },
    {
      name: "an event that is no instant to schedule is a failed attempt",
      jobs: aTask({ events: [{ schedules: Number.NaN }] }),
      when: [send({ add: 2 })],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e1 attempts=1 InvalidInstant(ctx.schedule takes a duration such as \"5 minutes\", a Date, o…)"
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "execution.failed e1 attempt=1 runCount=1 error=InvalidInstant(ctx.schedule takes a duration such as \"5 minutes\", a Date, o…) preExecutionState=null willRetry=false",
          "task.event.processed e1 eventCount=1 ok=false"
        ],
        left: ["task:job:a: running null runCount=1 task(events=1 executes=0 stateless)"]
      }
    },
    {
      name: "terminate takes the events that wait with it",
      jobs: aTask({ retry, events: ["fails"] }),
      given: [send({ add: 2 }), send({ add: 3 })],
      when: [terminate(), status(), pass("1 minute")],
      outcome: {
        answers: [
          { terminated: true },
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: [
          "alarm.cancelled e1 kind=retry reason=terminated scheduledFor=1s",
          "job.terminated by=client runCount=1"
        ],
        left: []
      }
    },
    {
      name: "terminate interrupts a handler",
      jobs: aTask({ events: ["holds"] }),
      given: [meanwhile(send({ add: 2 })), held(1), pass("1 second")],
      when: [terminate({ reason: "stop" }), status(), release],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: ["@1s job.terminated reason=stop by=client runCount=1"],
        left: []
      }
    },
    {
      name: "an event out of attempts while something is scheduled cancels that",
      jobs: aTask({ retry: { maxAttempts: 1, delay: 0 }, events: [{ schedules: "1 minute" }, "fails"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), status()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e2 attempts=1 TypeError(failure 1)",
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.failed e2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false",
          "task.event.processed e2 eventCount=2 ok=false",
          "retry.exhausted e2 reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "alarm.cancelled kind=task reason=retryExhausted scheduledFor=60s",
          "job.failed e2 reason=retryExhausted attempt=1 runCount=2 error=TypeError(failure 1) finalState={n:2}",
          "job.terminated by=retryExhausted runCount=2"
        ],
        left: []
      }
    }
  ]
}
