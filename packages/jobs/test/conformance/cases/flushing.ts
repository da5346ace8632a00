import { added } from "../answers.ts"
import { debounce } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aDebounce } from "../definitions.ts"

const { add, clear, discard, flush, getState, retry, status, terminate } = debounce

export const flushingTable: Table = {
  about: "debounce: what flushes and what clears",
  cases: [
    {
      name: "maxEvents: the event that fills the buffer flushes it in its call",
      jobs: aDebounce({ maxEvents: 3 }),
      given: [add({ add: 5 }), add({ add: 2 }), pass("3 seconds")],
      when: [add({ add: 1 }), status()],
      outcome: {
        answers: [
          added({ eventCount: 3, willFlushAt: null, status: "flushing" }),
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "@3s debounce.event.added eventCount=3 flushAt=10s",
          "debounce.flush.triggered flush reason=maxEvents eventCount=3 windowMs=3000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:8}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=3 debounceStartedAt=0 flushReason=maxEvents on {n:8}"]
      }
    },
    {
      name: "maxEvents of one flushes at once",
      jobs: aDebounce({ maxEvents: 1 }),
      when: [add({ add: 5 })],
      outcome: {
        answers: [added({ created: true, eventCount: 1, willFlushAt: null, status: "flushing" })],
        events: [
          "job.created input={add:5}",
          "job.started input={add:5}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=maxEvents eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a manual flush: triggered, the run, alarm.cancelled, job.completed",
      jobs: aDebounce(),
      given: [add({ add: 5 }), pass("4 seconds")],
      when: [flush(), status()],
      outcome: {
        answers: [
          { flushed: true, eventCount: 1, reason: "manual", retryScheduled: false },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "@4s debounce.flush.triggered flush reason=manual eventCount=1 windowMs=4000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=manual on {n:5}"],
        because: [
          "execution.started < debounce.flush.triggered",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "asking a debounce that does not exist is no error and leaves nothing",
      jobs: aDebounce(),
      when: [flush(), clear(), terminate({ reason: "gone" }), status(), getState(), retry(), discard()],
      outcome: {
        answers: [
          { flushed: false, eventCount: 0, reason: "empty", retryScheduled: false },
          { cleared: false, discardedEvents: 0 },
          { terminated: false },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null },
          { state: null },
          { retried: false },
          { discarded: false }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "clear: debounce.cleared, alarm.cancelled, job.terminated",
      jobs: aDebounce(),
      given: [add({ add: 5 }), add({ add: 2 })],
      when: [clear(), status(), pass("10 seconds"), add({ add: 1 })],
      outcome: {
        answers: [
          { cleared: true, discardedEvents: 2 },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null },
          added({ created: true, eventCount: 1, willFlushAt: 20000 })
        ],
        events: [
          "debounce.cleared discardedEvents=2",
          "alarm.cancelled kind=flush reason=terminated scheduledFor=10s",
          "job.terminated by=clear runCount=0",
          "@10s job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=20s",
          "alarm.scheduled kind=flush scheduledFor=20s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@20s) buffer(1@10s)"]
      }
    },
    {
      name: "a handler that terminates: completed as such, and terminated",
      jobs: aDebounce({ runs: [{ terminates: "enough" }] }),
      given: [add({ add: 5 })],
      when: [flush()],
      outcome: {
        answers: [{ flushed: true, eventCount: 1, reason: "manual", retryScheduled: false }],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5} terminated",
          "alarm.cancelled kind=flush reason=terminated scheduledFor=10s",
          "job.completed reason=terminatedByHandler runCount=1",
          "job.terminated reason=enough by=handler runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a handler that terminates on time has no alarm to cancel",
      jobs: aDebounce({ runs: ["terminates"] }),
      given: [add({ add: 5 })],
      when: [pass("10 seconds")],
      outcome: {
        answers: [],
        events: [
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=1 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5} terminated",
          "job.completed reason=terminatedByHandler runCount=1",
          "job.terminated by=handler runCount=1"
        ],
        left: []
      }
    }
  ]
}
