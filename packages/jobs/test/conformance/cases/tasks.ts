import { sent } from "../answers.ts"
import { task } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aTask } from "../definitions.ts"

const { getState, send, status } = task

export const tasksTable: Table = {
  about: "tasks: events and schedules",
  cases: [
    {
      name: "the first event: created, started, received, the run, idle, succeeded, processed",
      jobs: aTask(),
      when: [send({ add: 2 }), status(), getState()],
      outcome: {
        answers: [
          sent({ created: true }),
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { state: { n: 2 } }
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
        left: ["task:job:a: running {n:2} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=2 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ],
        because: [
          "job.started < job.created",
          "task.event.received < job.started",
          "execution.started < task.event.received",
          "task.idle < execution.started",
          "execution.succeeded < execution.started",
          "task.event.processed < execution.started"
        ]
      }
    },
    {
      name: "a further event is an execution of its own",
      jobs: aTask(),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), getState()],
      outcome: {
        answers: [
          sent(),
          { state: { n: 5 } }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "task.idle e2 idleReason=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 task(events=2 executes=0)"],
        saw: ["onEvent e2 attempt=1 runCount=2 add=3 eventCount=2 executeCount=0 createdAt=0 scheduled=null on {n:2}"]
      }
    },
    {
      name: "an event that schedules: alarm.scheduled(task), and no idle",
      jobs: aTask({ events: [{ schedules: "1 minute" }] }),
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
          "alarm.scheduled kind=task scheduledFor=60s",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:2} runCount=1 alarm(task@60s) task(events=1 executes=0 scheduled@60s)"]
      }
    },
    {
      name: "the alarm runs execute: alarm.fired, the run, idle",
      jobs: aTask({ events: [{ schedules: "1 minute" }] }),
      given: [send({ add: 2 })],
      when: [pass("1 minute"), status(), getState()],
      outcome: {
        answers: [
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 1 },
          { state: { n: 20 } }
        ],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"],
        saw: ["execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:2}"],
        because: [
          "execution.started < alarm.fired",
          "task.idle < execution.started",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "execute that schedules again goes on",
      jobs: aTask({ events: [{ schedules: "1 minute" }], runs: [{ schedules: "30 seconds" }] }),
      given: [send({ add: 2 })],
      when: [pass("1 minute"), pass("30 seconds")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "alarm.scheduled kind=task scheduledFor=90s",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}",
          "@90s alarm.fired kind=task scheduledFor=90s",
          "execution.started x2 trigger=alarm attempt=1 runCount=3",
          "task.idle x2 idleReason=execute",
          "execution.succeeded x2 attempt=1 runCount=3 preExecutionState={n:20}"
        ],
        left: ["task:job:a: running {n:200} runCount=3 task(events=1 executes=2)"],
        saw: [
          "execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:2}",
          "execute x2 attempt=1 runCount=3 eventCount=1 executeCount=2 createdAt=0 scheduled=null on {n:20}"
        ],
        because: [
          "execution.started < alarm.fired",
          "execution.succeeded < execution.started",
          "execution.started < alarm.fired",
          "task.idle < execution.started",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "an event that schedules anew replaces the alarm",
      jobs: aTask({ events: [{ schedules: "1 minute" }, { schedules: "10 seconds" }] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 })],
      outcome: {
        answers: [sent({ scheduledAt: 10000, status: "active" })],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "alarm.scheduled kind=task replaces=60s scheduledFor=10s",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 alarm(task@10s) task(events=2 executes=0 scheduled@10s)"],
        saw: ["onEvent e2 attempt=1 runCount=2 add=3 eventCount=2 executeCount=0 createdAt=0 scheduled=60000 on {n:2}"]
      }
    },
    {
      name: "an event that schedules nothing leaves the alarm as it is, without a word",
      jobs: aTask({ events: [{ schedules: "1 minute" }] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 })],
      outcome: {
        answers: [sent({ scheduledAt: 60000, status: "active" })],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 alarm(task@60s) task(events=2 executes=0 scheduled@60s)"]
      }
    },
    {
      name: "an event that cancels: alarm.cancelled, idle",
      jobs: aTask({ events: [{ schedules: "1 minute" }, "cancels"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), pass("1 minute")],
      outcome: {
        answers: [sent()],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "alarm.cancelled kind=task reason=cancelled scheduledFor=60s",
          "task.idle e2 idleReason=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 task(events=2 executes=0)"]
      }
    },
    {
      name: "an instant of the clock may be scheduled, and one that has passed is due at once",
      jobs: aTask({ events: [{ schedules: 45_000 }, { schedules: 1 }] }),
      given: [send({ add: 2 }), pass("10 seconds")],
      when: [send({ add: 3 }), pass(0), status()],
      outcome: {
        answers: [
          sent({ scheduledAt: 1, status: "active" }),
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 2, executeCount: 1 }
        ],
        events: [
          "@10s task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "alarm.scheduled kind=task replaces=45s scheduledFor=1ms",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok",
          "alarm.fired kind=task lateByMs=9999 scheduledFor=1ms",
          "execution.started x1 trigger=alarm attempt=1 runCount=3",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=3 preExecutionState={n:5}"
        ],
        left: ["task:job:a: running {n:50} runCount=3 task(events=2 executes=1)"]
      }
    }
  ]
}
