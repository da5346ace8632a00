import { Effect } from "effect"
import { sent } from "../answers.ts"
import { task } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aTask } from "../definitions.ts"

const { discard, getState, retry, send, status, terminate, trigger } = task

export const taskHandlersTable: Table = {
  about: "tasks: onIdle, trigger and order",
  cases: [
    {
      name: "onIdle runs after idle is told, as part of the attempt, and may schedule",
      jobs: aTask({ idles: [{ schedules: "1 minute" }] }),
      when: [send({ add: 2 }), status()],
      outcome: {
        answers: [
          sent({ created: true, scheduledAt: 60000, status: "active" }),
          { status: "active", scheduledAt: 60000, createdAt: 0, eventCount: 1, executeCount: 0 }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "alarm.scheduled kind=task scheduledFor=60s",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:2} runCount=1 alarm(task@60s) task(events=1 executes=0 scheduled@60s)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onIdle e1 attempt=1 runCount=1 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on {n:2}"
        ]
      }
    },
    {
      name: "onIdle runs after execute, too",
      jobs: aTask({ events: [{ schedules: "1 minute" }], idles: ["works"] }),
      given: [send({ add: 2 })],
      when: [pass("1 minute")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"],
        saw: [
          "execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:2}",
          "onIdle x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:20}"
        ]
      }
    },
    {
      name: "onIdle does not run while something is scheduled",
      jobs: aTask({ events: [{ schedules: "1 minute" }], idles: ["works"] }),
      when: [send({ add: 2 })],
      outcome: {
        answers: [sent({ created: true, scheduledAt: 60000, status: "active" })],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "alarm.scheduled kind=task scheduledFor=60s",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:2} runCount=1 alarm(task@60s) task(events=1 executes=0 scheduled@60s)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "trigger runs execute now, and leaves what is scheduled",
      jobs: aTask({ events: [{ schedules: "1 minute" }] }),
      given: [send({ add: 2 }), pass("20 seconds")],
      when: [trigger(), status(), getState()],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: true },
          { status: "active", scheduledAt: 60000, createdAt: 0, eventCount: 1, executeCount: 1 },
          { state: { n: 20 } }
        ],
        events: [
          "@20s execution.started x1 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 alarm(task@60s) task(events=1 executes=1 scheduled@60s)"],
        saw: ["execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=60000 on {n:2}"]
      }
    },
    {
      name: "trigger of an idle task",
      jobs: aTask(),
      given: [send({ add: 2 })],
      when: [trigger(), getState()],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: true },
          { state: { n: 20 } }
        ],
        events: [
          "execution.started x1 trigger=trigger attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"]
      }
    },
    {
      name: "asking a task that does not exist is no error and leaves nothing",
      jobs: aTask(),
      when: [trigger(), terminate({ reason: "gone" }), status(), getState(), retry(), discard()],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: false },
          { terminated: false },
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 },
          { state: null },
          { retried: false },
          { discarded: false }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "events of one instance are handled one after the other, in order: none of ten is lost",
      jobs: aTask({ events: ["holds"] }),
      given: [meanwhile(...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((add) => send({ add }))), held(1)],
      when: [release, status(), getState()],
      outcome: {
        answers: [
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 10, executeCount: 0 },
          { state: { n: 55 } }
        ],
        events: [
          "job.created",
          "job.started",
          ...[null, "{n:1}", "{n:3}", "{n:6}", "{n:10}", "{n:15}", "{n:21}", "{n:28}", "{n:36}", "{n:45}"].flatMap(
            (before, index) => [
              `task.event.received e${index + 1} eventCount=${index + 1} event={add:${index + 1}}`,
              `execution.started e${index + 1} trigger=event attempt=1 runCount=${index + 1} handler=onEvent`,
              `task.idle e${index + 1} idleReason=onEvent`,
              `execution.succeeded e${index + 1} attempt=1 runCount=${index + 1} preExecutionState=${before}`,
              `task.event.processed e${index + 1} eventCount=${index + 1} ok`
            ]
          )
        ],
        left: ["task:job:a: running {n:55} runCount=10 task(events=10 executes=0)"]
      }
    },
    {
      name: "an event while another one runs waits for it",
      jobs: aTask({ events: ["holds"] }),
      when: [meanwhile(send({ add: 2 })), held(1), pass("1 second"), meanwhile(send({ add: 3 })), status(), release],
      outcome: {
        answers: [
          sent({ created: true }),
          sent(),
          { status: "active", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "@1s task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 durationMs=1000 preExecutionState=null",
          "task.event.processed e1 eventCount=1 durationMs=1000 ok",
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "task.idle e2 idleReason=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 task(events=2 executes=0)"]
      }
    },
    {
      name: "a task without a state has none",
      jobs: aTask({ onEvent: () => Effect.void }),
      when: [send({ add: 2 }), getState()],
      outcome: {
        answers: [
          sent({ created: true }),
          { state: null }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running null runCount=1 task(events=1 executes=0 stateless)"]
      }
    },
    {
      name: "updateState without a state is a failure of the handler",
      jobs: aTask({ onEvent: () => Effect.void, execute: (ctx) => ctx.updateState(({ n }) => ({ n })) }),
      given: [send({ add: 2 })],
      when: [trigger()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a x1 attempts=1 NoState(task:job:a has no state yet that could be updated: call setS…)"
        ],
        events: [
          "execution.started x1 trigger=trigger attempt=1 runCount=2",
          "execution.failed x1 attempt=1 runCount=2 error=NoState(task:job:a has no state yet that could be updated: call setS…) preExecutionState=null willRetry=false"
        ],
        left: ["task:job:a: running null runCount=2 task(events=1 executes=1 stateless)"]
      }
    },
    {
      name: "a handler that cancels and an onIdle that schedules say both",
      jobs: aTask({ events: [{ schedules: "1 minute" }, "cancels"], idles: [{ schedules: "1 hour" }] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 })],
      outcome: {
        answers: [sent({ scheduledAt: 3600000, status: "active" })],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "alarm.cancelled kind=task reason=cancelled scheduledFor=60s",
          "task.idle e2 idleReason=onEvent",
          "alarm.scheduled kind=task scheduledFor=3600s",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 alarm(task@3600s) task(events=2 executes=0 scheduled@3600s)"]
      }
    },
    {
      name: "handlers know when their incarnation began",
      jobs: aTask({ events: [{ schedules: "1 minute" }] }),
      given: [pass("5 seconds")],
      when: [send({ add: 2 }), pass("1 minute"), status()],
      outcome: {
        answers: [
          sent({ created: true, scheduledAt: 65000, status: "active" }),
          { status: "idle", scheduledAt: null, createdAt: 5000, eventCount: 1, executeCount: 1 }
        ],
        events: [
          "@5s job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "alarm.scheduled kind=task scheduledFor=65s",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok",
          "@65s alarm.fired kind=task scheduledFor=65s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=5000 scheduled=null on null",
          "execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=5000 scheduled=null on {n:2}"
        ]
      }
    }
  ]
}
