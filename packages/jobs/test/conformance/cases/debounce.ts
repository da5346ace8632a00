import { added } from "../answers.ts"
import { debounce } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aDebounce, aDebounceOfLatest } from "../definitions.ts"

const { add, getState, status } = debounce

export const debounceTable: Table = {
  about: "debounce",
  cases: [
    {
      name: "the first event begins an instance with a flush in its future",
      jobs: aDebounce(),
      when: [add({ add: 5 }), status(), getState()],
      outcome: {
        answers: [
          added({ created: true, eventCount: 1, willFlushAt: 10000 }),
          { status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 },
          { state: { n: 5 } }
        ],
        events: [
          "job.created input={add:5}",
          "job.started input={add:5}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s"
        ],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@10s) buffer(1@0s)"],
        because: ["job.started < job.created"]
      }
    },
    {
      name: "further events join the buffer and say only so",
      jobs: aDebounce(),
      given: [add({ add: 5 }), pass("4 seconds")],
      when: [add({ add: 2 }), add({ add: 1 }), status(), getState()],
      outcome: {
        answers: [
          added({ eventCount: 2, willFlushAt: 10000 }),
          added({ eventCount: 3, willFlushAt: 10000 }),
          { status: "debouncing", eventCount: 3, startedAt: 0, willFlushAt: 10000 },
          { state: { n: 8 } }
        ],
        events: [
          "@4s debounce.event.added eventCount=2 flushAt=10s",
          "debounce.event.added eventCount=3 flushAt=10s"
        ],
        left: ["debounce:job:a: running {n:8} runCount=0 alarm(flush@10s) buffer(3@0s)"]
      }
    },
    {
      name: "window: the time of the first event flushes",
      jobs: aDebounce(),
      given: [add({ add: 5 }), pass("4 seconds"), add({ add: 2 })],
      when: [pass("6 seconds"), status(), getState()],
      outcome: {
        answers: [
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null },
          { state: null }
        ],
        events: [
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=2 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:7}",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=2 debounceStartedAt=0 flushReason=timeout on {n:7}"],
        because: [
          "debounce.flush.triggered < alarm.fired",
          "execution.started < debounce.flush.triggered",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "after a flush the next event begins a new incarnation",
      jobs: aDebounce(),
      given: [add({ add: 5 }), pass("10 seconds")],
      when: [add({ add: 1 })],
      outcome: {
        answers: [added({ created: true, eventCount: 1, willFlushAt: 20000 })],
        events: [
          "@10s job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=20s",
          "alarm.scheduled kind=flush scheduledFor=20s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@20s) buffer(1@10s)"]
      }
    },
    {
      name: "trailing: each event lets the time begin again",
      jobs: aDebounce({ mode: "trailing" }),
      given: [add({ add: 5 }), pass("4 seconds")],
      when: [add({ add: 2 }), pass("6 seconds"), status(), pass("4 seconds")],
      outcome: {
        answers: [
          added({ eventCount: 2, willFlushAt: 14000 }),
          { status: "debouncing", eventCount: 2, startedAt: 0, willFlushAt: 14000 }
        ],
        events: [
          "@4s debounce.event.added eventCount=2 flushAt=14s",
          "alarm.scheduled kind=flush replaces=10s scheduledFor=14s",
          "@14s alarm.fired kind=flush scheduledFor=14s",
          "debounce.flush.triggered flush reason=timeout eventCount=2 windowMs=14000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:7}",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=2 debounceStartedAt=0 flushReason=timeout on {n:7}"]
      }
    },
    {
      name: "trailing: maxWait bounds it",
      jobs: aDebounce({ mode: "trailing", maxWait: "15 seconds" }),
      given: [add({ add: 5 }), pass("8 seconds")],
      when: [add({ add: 2 }), pass("4 seconds"), add({ add: 1 }), pass("3 seconds")],
      outcome: {
        answers: [
          added({ eventCount: 2, willFlushAt: 15000 }),
          added({ eventCount: 3, willFlushAt: 15000 })
        ],
        events: [
          "@8s debounce.event.added eventCount=2 flushAt=15s",
          "alarm.scheduled kind=flush replaces=10s scheduledFor=15s",
          "@12s debounce.event.added eventCount=3 flushAt=15s",
          "@15s alarm.fired kind=flush scheduledFor=15s",
          "debounce.flush.triggered flush reason=timeout eventCount=3 windowMs=15000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:8}",
          "job.completed reason=flushed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "trailing: by default ten times as long at most",
      jobs: aDebounce({ flushAfter: "1 second", mode: "trailing" }),
      given: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap(() => [add({ add: 1 }), pass("800 millis")]),
      when: [add({ add: 1 }), pass("400 millis")],
      outcome: {
        answers: [added({ eventCount: 13, willFlushAt: 10000 })],
        events: [
          "@9600ms debounce.event.added eventCount=13 flushAt=10s",
          "alarm.scheduled kind=flush replaces=9800ms scheduledFor=10s",
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=13 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:13}",
          "job.completed reason=flushed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "without onEvent the state is the latest event",
      jobs: aDebounceOfLatest(),
      given: [add({ n: 5 })],
      when: [add({ n: 2 }), getState()],
      outcome: {
        answers: [
          added({ eventCount: 2, willFlushAt: 10000 }),
          { state: { n: 2 } }
        ],
        events: ["debounce.event.added eventCount=2 flushAt=10s"],
        left: ["debounce:job:a: running {n:2} runCount=0 alarm(flush@10s) buffer(2@0s)"]
      }
    }
  ]
}
