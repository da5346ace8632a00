import { Backoff } from "../../../src/index.ts"
import { added } from "../answers.ts"
import { debounce } from "../calls.ts"
import { held, pass, type Table } from "../Case.ts"
import { aDebounce } from "../definitions.ts"

const { add, clear, flush, getState, status } = debounce

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const flushRetriesTable: Table = {
  about: "flushes that fail and are made again",
  cases: [
    {
      name: "a flush that fails is made again, and triggered is not told again",
      jobs: aDebounce({ retry, runs: ["fails"] }),
      given: [add({ add: 5 })],
      when: [pass("10 seconds"), status(), pass("1 second"), status()],
      outcome: {
        answers: [
          { status: "flushing", eventCount: 1, startedAt: 0, willFlushAt: 11000 },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=1 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:5} willRetry",
          "alarm.scheduled flush kind=retry scheduledFor=11s",
          "retry.scheduled flush attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=11s",
          "@11s alarm.fired flush kind=retry scheduledFor=11s",
          "retry.attempted flush attempt=2 scheduledFor=11s",
          "execution.started flush trigger=retry attempt=2 runCount=1",
          "execution.succeeded flush attempt=2 runCount=1 preExecutionState={n:5}",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: [
          "execute flush attempt=1 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=timeout on {n:5}",
          "execute flush attempt=2 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=timeout on {n:5}"
        ]
      }
    },
    {
      name: "a manual flush that fails replaces the alarm by its retry",
      jobs: aDebounce({ retry, runs: ["fails"] }),
      given: [add({ add: 5 })],
      when: [flush(), status()],
      outcome: {
        answers: [
          { flushed: false, eventCount: 1, reason: "manual", retryScheduled: true },
          { status: "flushing", eventCount: 1, startedAt: 0, willFlushAt: 1000 }
        ],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:5} willRetry",
          "alarm.scheduled flush kind=retry replaces=10s scheduledFor=1s",
          "retry.scheduled flush attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s"
        ],
        left: [
          "debounce:job:a: running {n:5} runCount=1 alarm(retry@1s) execution(flush trigger=flush attempt=2 first@0s last=TypeError(failure 1)) buffer(1@0s manual)"
        ]
      }
    },
    {
      name: "an add whose flush fails tells of its retry",
      jobs: aDebounce({ retry, maxEvents: 2, runs: ["fails"] }),
      given: [add({ add: 5 })],
      when: [add({ add: 1 })],
      outcome: {
        answers: [added({ retryScheduled: true, eventCount: 2, willFlushAt: 1000, status: "flushing" })],
        events: [
          "debounce.event.added eventCount=2 flushAt=10s",
          "debounce.flush.triggered flush reason=maxEvents eventCount=2 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:6} willRetry",
          "alarm.scheduled flush kind=retry replaces=10s scheduledFor=1s",
          "retry.scheduled flush attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s"
        ],
        left: [
          "debounce:job:a: running {n:6} runCount=1 alarm(retry@1s) execution(flush trigger=flush attempt=2 first@0s last=TypeError(failure 1)) buffer(2@0s maxEvents)"
        ]
      }
    },
    {
      name: "a flush while a retry waits runs that retry",
      jobs: aDebounce({ retry, runs: ["fails"] }),
      given: [add({ add: 5 }), pass("10 seconds")],
      when: [flush()],
      outcome: {
        answers: [{ flushed: true, eventCount: 1, reason: "manual", retryScheduled: false }],
        events: [
          "@10s retry.attempted flush attempt=2 scheduledFor=11s",
          "execution.started flush trigger=flush attempt=2 runCount=1",
          "execution.succeeded flush attempt=2 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=retry reason=flushed scheduledFor=11s",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=2 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=timeout on {n:5}"]
      }
    },
    {
      name: "what is added while a retry waits is the buffer after it",
      jobs: aDebounce({ retry, runs: ["fails"] }),
      given: [add({ add: 5 }), flush()],
      when: [add({ add: 1 }), status(), pass("1 second"), getState()],
      outcome: {
        answers: [
          added({ eventCount: 1, willFlushAt: 10000, status: "flushing" }),
          { status: "flushing", eventCount: 1, startedAt: 0, willFlushAt: 1000 },
          { state: { n: 1 } }
        ],
        events: [
          "@1s alarm.fired flush kind=retry scheduledFor=1s",
          "retry.attempted flush attempt=2 scheduledFor=1s",
          "execution.started flush trigger=retry attempt=2 runCount=1",
          "execution.succeeded flush attempt=2 runCount=1 preExecutionState={n:5}",
          "job.completed reason=flushed runCount=1",
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@10s) buffer(1@0s)"]
      }
    },
    {
      name: "clear while a retry waits discards what was added since, too",
      jobs: aDebounce({ retry, runs: ["fails"] }),
      given: [add({ add: 5 }), flush(), add({ add: 1 })],
      when: [clear(), status()],
      outcome: {
        answers: [
          { cleared: true, discardedEvents: 2 },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "debounce.cleared discardedEvents=2",
          "alarm.cancelled flush kind=retry reason=terminated scheduledFor=1s",
          "job.terminated by=clear runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a flush that takes longer than its timeout has failed",
      jobs: aDebounce({ retry: { ...retry, timeout: "5 seconds" }, runs: ["holds"] }),
      given: [add({ add: 5 }), pass("10 seconds")],
      when: [held(1), pass("5 seconds")],
      outcome: {
        answers: [],
        events: [
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=1 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "@15s execution.failed flush attempt=1 runCount=1 durationMs=5000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) preExecutionState={n:5} willRetry",
          "alarm.scheduled flush kind=retry scheduledFor=16s",
          "retry.scheduled flush attempt=2 delayMs=1000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) retryAt=16s"
        ],
        left: [
          "debounce:job:a: running {n:5} runCount=1 alarm(retry@16s) execution(flush trigger=flush attempt=2 first@10s last=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…)) buffer(1@0s timeout)"
        ]
      }
    },
    {
      name: "a flush that leaves a state which breaks its schema has failed",
      jobs: aDebounce({ retry, runs: ["spoils"] }),
      given: [add({ add: 5 })],
      when: [flush()],
      outcome: {
        answers: [{ flushed: false, eventCount: 1, reason: "manual", retryScheduled: true }],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=InvalidState(The handler left a state that cannot be stored: state.n: Exp…) preExecutionState={n:5} willRetry",
          "alarm.scheduled flush kind=retry replaces=10s scheduledFor=1s",
          "retry.scheduled flush attempt=2 delayMs=1000 error=InvalidState(The handler left a state that cannot be stored: state.n: Exp…) retryAt=1s"
        ],
        left: [
          "debounce:job:a: running {n:5} runCount=1 alarm(retry@1s) execution(flush trigger=flush attempt=2 first@0s last=InvalidState(The handler left a state that cannot be stored: state.n: Exp…)) buffer(1@0s manual)"
        ]
      }
    }
  ]
}
