import { added } from "../answers.ts"
import { debounce } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aDebounce } from "../definitions.ts"

const { add, clear, flush, getState, status } = debounce

export const nextBufferTable: Table = {
  about: "debounce: what comes at the same time",
  cases: [
    {
      name: "what is added while a flush runs is the buffer after it",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [add({ add: 5 }), add({ add: 2 })],
      when: [
        meanwhile(flush()),
        held(1),
        pass("1 second"),
        add({ add: 1 }),
        pass("1 second"),
        add({ add: 3 }),
        status(),
        getState(),
        release,
        status()
      ],
      outcome: {
        answers: [
          { flushed: true, eventCount: 2, reason: "manual", retryScheduled: false },
          added({ eventCount: 1, willFlushAt: 11000, status: "flushing" }),
          added({ eventCount: 2, willFlushAt: 11000, status: "flushing" }),
          { status: "flushing", eventCount: 2, startedAt: 0, willFlushAt: null },
          { state: { n: 7 } },
          { status: "debouncing", eventCount: 2, startedAt: 1000, willFlushAt: 11000 }
        ],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=2 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "@2s execution.succeeded flush attempt=1 runCount=1 durationMs=2000 preExecutionState={n:7}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1",
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=11s",
          "debounce.event.added eventCount=2 flushAt=11s",
          "alarm.scheduled kind=flush scheduledFor=11s"
        ],
        left: ["debounce:job:a: running {n:4} runCount=0 alarm(flush@11s) buffer(2@1s)"]
      }
    },
    {
      name: "the buffer after a flush is flushed by its own first event's time",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [add({ add: 5 }), meanwhile(flush()), held(1), pass("3 seconds"), add({ add: 1 }), release],
      when: [pass("9999 millis"), status(), pass("1 millis")],
      outcome: {
        answers: [{ status: "debouncing", eventCount: 1, startedAt: 3000, willFlushAt: 13000 }],
        events: [
          "@13s alarm.fired kind=flush scheduledFor=13s",
          "debounce.flush.triggered flush reason=timeout eventCount=1 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:1}",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=1 debounceStartedAt=3000 flushReason=timeout on {n:1}"]
      }
    },
    {
      name: "the buffer after a flush that is full by then is flushed at once",
      jobs: aDebounce({ maxEvents: 2, runs: ["holds"] }),
      given: [add({ add: 5 })],
      when: [meanwhile(flush()), held(1), add({ add: 1 }), add({ add: 2 }), release, pass(0)],
      outcome: {
        answers: [
          { flushed: true, eventCount: 1, reason: "manual", retryScheduled: false },
          added({ eventCount: 1, willFlushAt: 10000, status: "flushing" }),
          added({ eventCount: 2, willFlushAt: 10000, status: "flushing" })
        ],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1",
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=0s",
          "debounce.event.added eventCount=2 flushAt=0s",
          "alarm.scheduled kind=flush scheduledFor=0s",
          "alarm.fired kind=flush scheduledFor=0s",
          "debounce.flush.triggered flush reason=maxEvents eventCount=2 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:3}",
          "job.completed reason=flushed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a flush that runs is waited for by another one, which finds nothing",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [add({ add: 5 })],
      when: [meanwhile(flush()), held(1), pass("1 second"), meanwhile(flush(), clear()), release],
      outcome: {
        answers: [
          { flushed: true, eventCount: 1, reason: "manual", retryScheduled: false },
          { flushed: false, eventCount: 0, reason: "empty", retryScheduled: false },
          { cleared: false, discardedEvents: 0 }
        ],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "@1s execution.succeeded flush attempt=1 runCount=1 durationMs=1000 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "of ten adds at once none is lost",
      jobs: aDebounce({ maxEvents: 10 }),
      when: [meanwhile(...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => add({ add: n })))],
      outcome: {
        answers: [
          added({ created: true, eventCount: 1, willFlushAt: 10000 }),
          ...[2, 3, 4, 5, 6, 7, 8, 9].map((eventCount) => added({ eventCount, willFlushAt: 10000 })),
          added({ eventCount: 10, willFlushAt: null, status: "flushing" })
        ],
        events: [
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s",
          ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((count) => `debounce.event.added eventCount=${count} flushAt=10s`),
          "debounce.flush.triggered flush reason=maxEvents eventCount=10 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:55}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=10 debounceStartedAt=0 flushReason=maxEvents on {n:55}"]
      }
    },
    {
      name: "an onEvent that fails adds nothing, and leaves no instance behind",
      jobs: aDebounce({ events: ["fails"] }),
      when: [add({ add: 5 }), status()],
      outcome: {
        answers: [
          "ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 1)",
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "an onEvent that fails leaves the buffer as it was",
      jobs: aDebounce({ events: ["works", "dies"] }),
      given: [add({ add: 5 })],
      when: [add({ add: 2 }), status(), getState()],
      outcome: {
        answers: [
          "ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 1)",
          { status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 },
          { state: { n: 5 } }
        ],
        events: [],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@10s) buffer(1@0s)"],
        saw: ["onEvent 2 {add:2} on {n:5}"]
      }
    },
    {
      name: "what is added while a flush runs is stored, and no event tells of it yet",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [add({ add: 5 }), meanwhile(flush()), held(1), pass("1 second")],
      when: [add({ add: 1 }), add({ add: 2 })],
      outcome: {
        answers: [
          added({ eventCount: 1, willFlushAt: 11000, status: "flushing" }),
          added({ eventCount: 2, willFlushAt: 11000, status: "flushing" })
        ],
        events: [],
        left: [
          "debounce:job:a: running {n:5} runCount=1 alarm(flush@10s) execution(flush trigger=flush attempt=1 first@0s begun@0s) buffer(1@0s manual) next(2@1s {n:3}) wakes@0s"
        ]
      }
    }
  ]
}
