import { Backoff } from "../../../src/index.ts"
import { sent } from "../answers.ts"
import { task } from "../calls.ts"
import { held, meanwhile, pass, type Table } from "../Case.ts"
import { aTask } from "../definitions.ts"

const { discard, getState, send, status, trigger } = task

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const taskRetriesTable: Table = {
  about: "tasks that fail and are retried",
  cases: [
    {
      name: "an event that fails is retried, and received is not told again",
      jobs: aTask({ retry, events: ["fails"] }),
      when: [send({ add: 2 }), status(), pass("1 second"), getState()],
      outcome: {
        answers: [
          sent({ created: true, status: "active" }),
          { status: "active", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { state: { n: 2 } }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "execution.failed e1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState=null willRetry",
          "alarm.scheduled e1 kind=retry scheduledFor=1s",
          "retry.scheduled e1 attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s",
          "@1s alarm.fired e1 kind=retry scheduledFor=1s",
          "retry.attempted e1 attempt=2 scheduledFor=1s",
          "execution.started e1 trigger=retry attempt=2 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=2 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:2} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onEvent e1 attempt=2 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "execute that fails is retried",
      jobs: aTask({ retry, events: [{ schedules: "1 minute" }], runs: ["fails"] }),
      given: [send({ add: 2 })],
      when: [pass("1 minute"), pass("1 second"), getState()],
      outcome: {
        answers: [{ state: { n: 20 } }],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "execution.failed x1 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry",
          "alarm.scheduled x1 kind=retry scheduledFor=61s",
          "retry.scheduled x1 attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=61s",
          "@61s alarm.fired x1 kind=retry scheduledFor=61s",
          "retry.attempted x1 attempt=2 scheduledFor=61s",
          "execution.started x1 trigger=retry attempt=2 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=2 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"],
        saw: [
          "execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:2}",
          "execute x1 attempt=2 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:2}"
        ]
      }
    },
    {
      name: "a retry's alarm takes the place of what is scheduled, and gives it back",
      jobs: aTask({ retry, events: [{ schedules: "1 minute" }, "fails"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), status(), pass("1 second")],
      outcome: {
        answers: [
          sent({ scheduledAt: 60000, status: "active" }),
          { status: "active", scheduledAt: 60000, createdAt: 0, eventCount: 2, executeCount: 0 }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.failed e2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry",
          "alarm.scheduled e2 kind=retry replaces=60s scheduledFor=1s",
          "retry.scheduled e2 attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s",
          "@1s alarm.fired e2 kind=retry scheduledFor=1s",
          "retry.attempted e2 attempt=2 scheduledFor=1s",
          "execution.started e2 trigger=retry attempt=2 runCount=2 handler=onEvent",
          "alarm.scheduled kind=task scheduledFor=60s",
          "execution.succeeded e2 attempt=2 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 alarm(task@60s) task(events=2 executes=0 scheduled@60s)"]
      }
    },
    {
      name: "trigger while a retry waits runs that retry",
      jobs: aTask({ retry, events: ["fails"] }),
      given: [send({ add: 2 })],
      when: [trigger(), getState()],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: true },
          { state: { n: 2 } }
        ],
        events: [
          "retry.attempted e1 attempt=2 scheduledFor=1s",
          "execution.started e1 trigger=trigger attempt=2 runCount=1 handler=onEvent",
          "alarm.cancelled kind=retry reason=retried scheduledFor=1s",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=2 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:2} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=2 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "a handler that takes longer than its timeout has failed",
      jobs: aTask({ retry: { ...retry, timeout: "5 seconds" }, events: ["holds"] }),
      when: [meanwhile(send({ add: 2 })), held(1), pass("5 seconds")],
      outcome: {
        answers: [sent({ created: true, status: "active" })],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "@5s execution.failed e1 attempt=1 runCount=1 durationMs=5000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) preExecutionState=null willRetry",
          "alarm.scheduled e1 kind=retry scheduledFor=6s",
          "retry.scheduled e1 attempt=2 delayMs=1000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) retryAt=6s"
        ],
        left: [
          "task:job:a: running null runCount=1 alarm(retry@6s) execution(e1 onEvent trigger=event attempt=2 first@0s last=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…)) task(events=1 executes=0 stateless event={add:2})"
        ]
      }
    },
    {
      name: "a state that breaks its schema is a failed attempt of a task",
      jobs: aTask({ retry, events: ["works", "spoils"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), getState()],
      outcome: {
        answers: [
          sent({ status: "active" }),
          { state: { n: 2 } }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.failed e2 attempt=1 runCount=2 error=InvalidState(The handler left a state that cannot be stored: state.n: Exp…) preExecutionState={n:2} willRetry",
          "alarm.scheduled e2 kind=retry scheduledFor=1s",
          "retry.scheduled e2 attempt=2 delayMs=1000 error=InvalidState(The handler left a state that cannot be stored: state.n: Exp…) retryAt=1s"
        ],
        left: [
          "task:job:a: running {n:2} runCount=2 alarm(retry@1s) execution(e2 onEvent trigger=event attempt=2 first@0s last=InvalidState(The handler left a state that cannot be stored: state.n: Exp…)) task(events=2 executes=0 event={add:3})"
        ]
      }
    },
    {
      name: "an event that comes while a retry waits is kept until that has ended",
      jobs: aTask({ retry, events: ["fails"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), send({ add: 4 }), status(), pass("1 second"), getState()],
      outcome: {
        answers: [
          sent({ status: "active" }),
          sent({ status: "active" }),
          { status: "active", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { state: { n: 9 } }
        ],
        events: [
          "@1s alarm.fired e1 kind=retry scheduledFor=1s",
          "retry.attempted e1 attempt=2 scheduledFor=1s",
          "execution.started e1 trigger=retry attempt=2 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=2 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok",
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "task.idle e2 idleReason=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok",
          "task.event.received e3 eventCount=3 event={add:4}",
          "execution.started e3 trigger=event attempt=1 runCount=3 handler=onEvent",
          "task.idle e3 idleReason=onEvent",
          "execution.succeeded e3 attempt=1 runCount=3 preExecutionState={n:5}",
          "task.event.processed e3 eventCount=3 ok"
        ],
        left: ["task:job:a: running {n:9} runCount=3 task(events=3 executes=0)"],
        saw: [
          "onEvent e1 attempt=2 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onEvent e2 attempt=1 runCount=2 add=3 eventCount=2 executeCount=0 createdAt=0 scheduled=null on {n:2}",
          "onEvent e3 attempt=1 runCount=3 add=4 eventCount=3 executeCount=0 createdAt=0 scheduled=null on {n:5}"
        ]
      }
    },
    {
      name: "events that wait behind a failure which ends the incarnation open the next one",
      jobs: aTask({ retry: { maxAttempts: 2, delay: "1 second" }, events: ["fails", "fails"] }),
      given: [send({ add: 2 }), send({ add: 3 })],
      when: [pass("1 second"), status(), getState()],
      outcome: {
        answers: [
          { status: "idle", scheduledAt: null, createdAt: 1000, eventCount: 1, executeCount: 0 },
          { state: { n: 3 } }
        ],
        events: [
          "@1s alarm.fired e1 kind=retry scheduledFor=1s",
          "retry.attempted e1 attempt=2 scheduledFor=1s",
          "execution.started e1 trigger=retry attempt=2 runCount=1 handler=onEvent",
          "execution.failed e1 attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState=null willRetry=false",
          "task.event.processed e1 eventCount=1 ok=false",
          "retry.exhausted e1 reason=maxAttempts attempts=2 lastError=TypeError(failure 2) totalDurationMs=1000",
          "job.failed e1 reason=retryExhausted attempt=2 runCount=1 error=TypeError(failure 2) finalState=null",
          "job.terminated by=retryExhausted runCount=1",
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:3}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:3} runCount=1 task(events=1 executes=0)"]
      }
    },
    {
      name: "events that wait behind a failure which is kept wait for its discard",
      jobs: aTask({ retry: { maxAttempts: 2, delay: "1 second" }, onExhausted: "keep", events: ["fails", "fails"] }),
      given: [send({ add: 2 }), send({ add: 3 }), pass("1 second")],
      when: [status(), discard(), status(), getState()],
      outcome: {
        answers: [
          { status: "failed", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { discarded: true },
          { status: "idle", scheduledAt: null, createdAt: 1000, eventCount: 1, executeCount: 0 },
          { state: { n: 3 } }
        ],
        events: [
          "@1s job.terminated by=discard runCount=1",
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:3}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:3} runCount=1 task(events=1 executes=0)"]
      }
    },
    {
      name: "trigger while a retry waits gives back what was scheduled",
      jobs: aTask({ retry, events: [{ schedules: "1 minute" }, "fails"] }),
      given: [send({ add: 2 }), send({ add: 3 })],
      when: [trigger(), status()],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: true },
          { status: "active", scheduledAt: 60000, createdAt: 0, eventCount: 2, executeCount: 0 }
        ],
        events: [
          "retry.attempted e2 attempt=2 scheduledFor=1s",
          "execution.started e2 trigger=trigger attempt=2 runCount=2 handler=onEvent",
          "alarm.scheduled kind=task replaces=1s scheduledFor=60s",
          "execution.succeeded e2 attempt=2 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 alarm(task@60s) task(events=2 executes=0 scheduled@60s)"]
      }
    }
  ]
}
