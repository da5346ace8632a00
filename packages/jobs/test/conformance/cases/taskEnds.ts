import { sent } from "../answers.ts"
import { task } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aTask } from "../definitions.ts"

const { send, status, terminate } = task

export const taskEndsTable: Table = {
  about: "tasks that are terminated",
  cases: [
    {
      name: "a handler that terminates: completed, terminated",
      jobs: aTask({ events: ["works", { terminates: "enough" }] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 }), status()],
      outcome: {
        answers: [
          sent({ status: "notFound" }),
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2} terminated",
          "task.event.processed e2 eventCount=2 ok",
          "job.completed reason=terminatedByHandler runCount=2",
          "job.terminated reason=enough by=handler runCount=2"
        ],
        left: []
      }
    },
    {
      name: "a handler that terminates with something scheduled cancels that",
      jobs: aTask({ events: [{ schedules: "1 minute" }, "terminates"] }),
      given: [send({ add: 2 })],
      when: [send({ add: 3 })],
      outcome: {
        answers: [sent({ status: "notFound" })],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2} terminated",
          "task.event.processed e2 eventCount=2 ok",
          "alarm.cancelled kind=task reason=terminated scheduledFor=60s",
          "job.completed reason=terminatedByHandler runCount=2",
          "job.terminated by=handler runCount=2"
        ],
        left: []
      }
    },
    {
      name: "execute that terminates",
      jobs: aTask({ events: [{ schedules: "1 minute" }], runs: ["terminates"] }),
      given: [send({ add: 2 })],
      when: [pass("1 minute")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2} terminated",
          "job.completed reason=terminatedByHandler runCount=2",
          "job.terminated by=handler runCount=2"
        ],
        left: []
      }
    },
    {
      name: "a client that terminates: alarm.cancelled, job.terminated",
      jobs: aTask({ events: [{ schedules: "1 minute" }] }),
      given: [send({ add: 2 })],
      when: [terminate({ reason: "stop" }), pass("1 minute"), send({ add: 1 })],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          sent({ created: true })
        ],
        events: [
          "alarm.cancelled kind=task reason=terminated scheduledFor=60s",
          "job.terminated reason=stop by=client runCount=1",
          "@60s job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:1}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:1} runCount=1 task(events=1 executes=0)"]
      }
    },
    {
      name: "onIdle that terminates: the job was idle before",
      jobs: aTask({ idles: ["terminates"] }),
      when: [send({ add: 2 })],
      outcome: {
        answers: [sent({ created: true, status: "notFound" })],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:2}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null terminated",
          "task.event.processed e1 eventCount=1 ok",
          "job.completed reason=terminatedByHandler runCount=1",
          "job.terminated by=handler runCount=1"
        ],
        left: []
      }
    }
  ]
}
