import { Backoff } from "../../../src/index.ts"
import { added } from "../answers.ts"
import { debounce } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aDebounce } from "../definitions.ts"

const { add, discard, flush, status, terminate } = debounce

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const flushEndsTable: Table = {
  about: "flushes that end badly",
  cases: [
    {
      name: "a flush out of attempts",
      jobs: aDebounce({ retry: { maxAttempts: 2, delay: "1 second" }, runs: ["fails", "fails"] }),
      given: [add({ add: 5 }), pass("10 seconds")],
      when: [pass("1 second"), status()],
      outcome: {
        answers: [{ status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }],
        events: [
          "@11s alarm.fired flush kind=retry scheduledFor=11s",
          "retry.attempted flush attempt=2 scheduledFor=11s",
          "execution.started flush trigger=retry attempt=2 runCount=1",
          "execution.failed flush attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState={n:5} willRetry=false",
          "retry.exhausted flush reason=maxAttempts attempts=2 lastError=TypeError(failure 2) totalDurationMs=1000",
          "job.failed flush reason=retryExhausted attempt=2 runCount=1 error=TypeError(failure 2) finalState={n:5}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a flush out of attempts leaves what was added since to the next incarnation",
      jobs: aDebounce({ retry: { maxAttempts: 2, delay: "1 second" }, runs: ["fails", "fails"] }),
      given: [add({ add: 5 }), pass("10 seconds"), add({ add: 1 })],
      when: [pass("1 second"), status()],
      outcome: {
        answers: [{ status: "debouncing", eventCount: 1, startedAt: 10000, willFlushAt: 20000 }],
        events: [
          "@11s alarm.fired flush kind=retry scheduledFor=11s",
          "retry.attempted flush attempt=2 scheduledFor=11s",
          "execution.started flush trigger=retry attempt=2 runCount=1",
          "execution.failed flush attempt=2 runCount=1 error=TypeError(failure 2) preExecutionState={n:5} willRetry=false",
          "retry.exhausted flush reason=maxAttempts attempts=2 lastError=TypeError(failure 2) totalDurationMs=1000",
          "job.failed flush reason=retryExhausted attempt=2 runCount=1 error=TypeError(failure 2) finalState={n:5}",
          "job.terminated by=retryExhausted runCount=1",
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=20s",
          "alarm.scheduled kind=flush scheduledFor=20s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@20s) buffer(1@10s)"]
      }
    },
    {
      name: "a manual flush out of attempts tells its caller",
      jobs: aDebounce({ retry: { maxAttempts: 1, delay: 0 }, runs: ["fails"] }),
      given: [add({ add: 5 })],
      when: [flush()],
      outcome: {
        answers: ["ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 1)"],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:5} willRetry=false",
          "retry.exhausted flush reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "alarm.cancelled kind=flush reason=retryExhausted scheduledFor=10s",
          "job.failed flush reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:5}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a flush out of time",
      jobs: aDebounce({ retry: { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" }, runs: ["fails"] }),
      given: [add({ add: 5 }), pass("10 seconds")],
      when: [pass("4 seconds")],
      outcome: {
        answers: [],
        events: [
          "@14s alarm.fired flush kind=retry scheduledFor=14s",
          "retry.exhausted flush reason=maxDuration attempts=1 lastError=TypeError(failure 1) totalDurationMs=4000",
          "job.failed flush reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:5}",
          "job.terminated by=retryExhausted runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a flush that fails without a retry policy is the last of its instance",
      jobs: aDebounce({ runs: ["fails"] }),
      given: [add({ add: 5 })],
      when: [pass("10 seconds"), status()],
      outcome: {
        answers: [{ status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }],
        events: [
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=1 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:5} willRetry=false",
          "job.failed flush reason=executionFailed attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:5}",
          "job.terminated by=executionFailed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a manual flush that fails without a retry policy tells its caller, and cancels the alarm",
      jobs: aDebounce({ runs: ["dies"] }),
      given: [add({ add: 5 })],
      when: [flush()],
      outcome: {
        answers: ["ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 1)"],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:5} willRetry=false",
          "alarm.cancelled kind=flush reason=executionFailed scheduledFor=10s",
          "job.failed flush reason=executionFailed attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:5}",
          "job.terminated by=executionFailed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "an add whose flush fails without a retry policy tells its caller",
      jobs: aDebounce({ maxEvents: 1, runs: ["fails"] }),
      when: [add({ add: 5 }), status()],
      outcome: {
        answers: [
          "ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 1)",
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "job.created input={add:5}",
          "job.started input={add:5}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=maxEvents eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:5} willRetry=false",
          "alarm.cancelled kind=flush reason=executionFailed scheduledFor=10s",
          "job.failed flush reason=executionFailed attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:5}",
          "job.terminated by=executionFailed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "terminate interrupts a flush, and takes what was added since with it",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [add({ add: 5 }), meanwhile(flush()), held(1), pass("1 second"), add({ add: 1 })],
      when: [terminate({ reason: "stop" }), status(), release],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "@1s alarm.cancelled kind=flush reason=terminated scheduledFor=10s",
          "job.terminated reason=stop by=client runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a buffer that waits is terminated with its alarm",
      jobs: aDebounce(),
      given: [add({ add: 5 })],
      when: [terminate({ reason: "stop" }), pass("10 seconds"), add({ add: 1 })],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          added({ created: true, eventCount: 1, willFlushAt: 20000 })
        ],
        events: [
          "alarm.cancelled kind=flush reason=terminated scheduledFor=10s",
          "job.terminated reason=stop by=client runCount=0",
          "@10s job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=20s",
          "alarm.scheduled kind=flush scheduledFor=20s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@20s) buffer(1@10s)"]
      }
    },
    {
      name: "terminate while a flush waits for its retry takes what was added since, too",
      jobs: aDebounce({ retry, runs: ["fails"] }),
      given: [add({ add: 5 }), flush(), add({ add: 1 })],
      when: [terminate(), status(), pass("10 seconds")],
      outcome: {
        answers: [
          { terminated: true },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "alarm.cancelled flush kind=retry reason=terminated scheduledFor=1s",
          "job.terminated by=client runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a flush that is discarded leaves what was added since to the next incarnation",
      jobs: aDebounce({ retry: { maxAttempts: 2, delay: "1 second" }, onExhausted: "keep", runs: ["fails", "fails"] }),
      given: [add({ add: 5 }), flush(), add({ add: 1 }), pass("1 second")],
      when: [status(), add({ add: 9 }), discard(), status()],
      outcome: {
        answers: [
          { status: "failed", eventCount: 1, startedAt: 0, willFlushAt: null },
          added({ eventCount: 1, willFlushAt: null, status: "failed" }),
          { discarded: true },
          { status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 }
        ],
        events: [
          "@1s job.terminated by=discard runCount=1",
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@10s) buffer(1@0s)"]
      }
    }
  ]
}
