import { Backoff } from "../../../src/index.ts"
import { sent } from "../answers.ts"
import { task } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aTask } from "../definitions.ts"

const { getState, send } = task

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const taskErrorsTable: Table = {
  about: "onError and onIdle that fail",
  cases: [
    {
      name: "onError takes the failure when there is no retry policy",
      jobs: aTask({ events: ["fails"], errors: [] }),
      when: [send({ add: 2 }), getState()],
      outcome: {
        answers: [
          sent({ created: true }),
          { state: { n: 99 } }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null recovered",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:99} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onError e1 attempt=1 runCount=1 TypeError: failure 1 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "onError takes the failure of the last attempt only",
      jobs: aTask({ retry: { maxAttempts: 2, delay: "1 second" }, events: ["fails", "fails"], errors: [] }),
      given: [send({ add: 2 })],
      when: [pass("1 second"), getState()],
      outcome: {
        answers: [{ state: { n: 99 } }],
        events: [
          "@1s alarm.fired e1 kind=retry scheduledFor=1s",
          "retry.attempted e1 attempt=2 scheduledFor=1s",
          "execution.started e1 trigger=retry attempt=2 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=2 runCount=1 preExecutionState=null recovered",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:99} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=2 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onError e1 attempt=2 runCount=1 TypeError: failure 2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "onError that fails leaves the handler's failure",
      jobs: aTask({ events: ["fails"], errors: ["fails"] }),
      when: [send({ add: 2 }), getState()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e1 attempts=1 TypeError(failure 1)",
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
        left: ["task:job:a: running null runCount=1 task(events=1 executes=0 stateless)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onError e1 attempt=1 runCount=1 TypeError: failure 1 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "onError may schedule, and may terminate",
      jobs: aTask({ events: ["fails", "fails"], errors: [{ schedules: "1 minute" }, { terminates: "hopeless" }] }),
      when: [send({ add: 2 }), send({ add: 3 })],
      outcome: {
        answers: [
          sent({ created: true, scheduledAt: 60000, status: "active" }),
          sent({ status: "notFound" })
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "alarm.scheduled kind=task scheduledFor=60s",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null recovered",
          "task.event.processed e1 eventCount=1 ok",
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:99} recovered terminated",
          "task.event.processed e2 eventCount=2 ok",
          "alarm.cancelled kind=task reason=terminated scheduledFor=60s",
          "job.completed reason=terminatedByHandler runCount=2",
          "job.terminated reason=hopeless by=handler runCount=2"
        ],
        left: []
      }
    },
    {
      name: "onIdle that fails is the attempt's failure",
      jobs: aTask({ retry, idles: ["fails"] }),
      when: [send({ add: 2 }), getState()],
      outcome: {
        answers: [
          sent({ created: true, status: "active" }),
          { state: null }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "execution.failed e1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState=null willRetry",
          "alarm.scheduled e1 kind=retry scheduledFor=1s",
          "retry.scheduled e1 attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s"
        ],
        left: [
          "task:job:a: running null runCount=1 alarm(retry@1s) execution(e1 onEvent trigger=event attempt=2 first@0s last=TypeError(failure 1)) task(events=1 executes=0 stateless event={add:2})"
        ],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onIdle e1 attempt=1 runCount=1 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on {n:2}"
        ]
      }
    }
  ]
}
