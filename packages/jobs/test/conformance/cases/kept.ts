import { added, sent } from "../answers.ts"
import { debounce, task } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aDebounce, aTask } from "../definitions.ts"

/** One attempt, and its failure is kept. */
const keeps = { retry: { maxAttempts: 1, delay: 0 }, onExhausted: "keep" } as const

export const keptTable: Table = {
  about: "kept failures of debounces and tasks",
  cases: [
    {
      name: "debounce: the failed flush is kept, and takes no add and no flush",
      jobs: aDebounce({ ...keeps, runs: ["fails"] }),
      given: [debounce.add({ add: 2 })],
      when: [debounce.flush(), debounce.add({ add: 9 }), debounce.flush(), debounce.status(), debounce.getState()],
      outcome: {
        answers: [
          "ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 1)",
          added({ eventCount: 1, willFlushAt: null, status: "failed" }),
          { flushed: false, eventCount: 0, reason: "empty", retryScheduled: false },
          { status: "failed", eventCount: 1, startedAt: 0, willFlushAt: null },
          { state: { n: 2 } }
        ],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false",
          "retry.exhausted flush reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "alarm.cancelled kind=flush reason=retryExhausted scheduledFor=10s",
          "job.failed flush reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:2}"
        ],
        left: [
          "debounce:job:a: failed {n:2} runCount=1 execution(flush trigger=flush attempt=1 first@0s last=TypeError(failure 1)) buffer(1@0s manual)"
        ]
      }
    },
    {
      name: "debounce: clear leaves what was kept",
      jobs: aDebounce({ ...keeps, runs: ["fails"] }),
      given: [debounce.add({ add: 2 }), debounce.flush()],
      when: [debounce.clear(), debounce.status()],
      outcome: {
        answers: [
          { cleared: false, discardedEvents: 0 },
          { status: "failed", eventCount: 1, startedAt: 0, willFlushAt: null }
        ],
        events: [],
        left: [
          "debounce:job:a: failed {n:2} runCount=1 execution(flush trigger=flush attempt=1 first@0s last=TypeError(failure 1)) buffer(1@0s manual)"
        ]
      }
    },
    {
      name: "debounce: without a retry policy a failed flush is kept as executionFailed",
      jobs: aDebounce({ onExhausted: "keep", runs: ["fails"] }),
      given: [debounce.add({ add: 2 })],
      when: [pass("10 seconds"), debounce.status()],
      outcome: {
        answers: [{ status: "failed", eventCount: 1, startedAt: 0, willFlushAt: null }],
        events: [
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=1 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false",
          "job.failed flush reason=executionFailed attempt=1 runCount=1 error=TypeError(failure 1) finalState={n:2}"
        ],
        left: [
          "debounce:job:a: failed {n:2} runCount=1 execution(flush trigger=flush attempt=1 first@10s last=TypeError(failure 1)) buffer(1@0s timeout)"
        ]
      }
    },
    {
      name: "debounce: retry flushes what was kept in a new incarnation",
      jobs: aDebounce({ ...keeps, runs: ["fails"] }),
      given: [debounce.add({ add: 2 }), debounce.add({ add: 3 }), debounce.flush()],
      when: [debounce.retry(), debounce.status()],
      outcome: {
        answers: [
          { retried: true },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "job.created input={n:5}",
          "job.started input={n:5}",
          "execution.started flush trigger=retry attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=2 debounceStartedAt=0 flushReason=manual on {n:5}"]
      }
    },
    {
      name: "debounce: discard purges what was kept",
      jobs: aDebounce({ ...keeps, runs: ["fails"] }),
      given: [debounce.add({ add: 2 }), debounce.flush()],
      when: [debounce.discard(), debounce.status(), debounce.retry(), debounce.discard()],
      outcome: {
        answers: [
          { discarded: true },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null },
          { retried: false },
          { discarded: false }
        ],
        events: ["job.terminated by=discard runCount=1"],
        left: []
      }
    },
    {
      name: "debounce: what is filled is neither retried nor discarded",
      jobs: aDebounce(),
      given: [debounce.add({ add: 2 })],
      when: [debounce.retry(), debounce.discard(), debounce.status()],
      outcome: {
        answers: [
          { retried: false },
          { discarded: false },
          { status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 }
        ],
        events: [],
        left: ["debounce:job:a: running {n:2} runCount=0 alarm(flush@10s) buffer(1@0s)"]
      }
    },
    {
      name: "task: a failed event is kept, and takes no further one and no trigger",
      jobs: aTask({ ...keeps, events: ["works", "fails"] }),
      given: [task.send({ add: 2 })],
      when: [task.send({ add: 3 }), task.send({ add: 4 }), task.trigger(), task.status(), task.getState()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e2 attempts=1 TypeError(failure 1)",
          sent({ status: "failed" }),
          { instanceId: "task:job:a", triggered: false },
          { status: "failed", scheduledAt: null, createdAt: 0, eventCount: 2, executeCount: 0 },
          { state: { n: 2 } }
        ],
        events: [
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "execution.failed e2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:2} willRetry=false",
          "task.event.processed e2 eventCount=2 ok=false",
          "retry.exhausted e2 reason=maxAttempts attempts=1 lastError=TypeError(failure 1) totalDurationMs=0",
          "job.failed e2 reason=retryExhausted attempt=1 runCount=2 error=TypeError(failure 1) finalState={n:2}"
        ],
        left: [
          "task:job:a: failed {n:2} runCount=2 execution(e2 onEvent trigger=event attempt=1 first@0s last=TypeError(failure 1)) task(events=2 executes=0 event={add:3})"
        ]
      }
    },
    {
      name: "task: retry handles the kept event in a new incarnation, on the state",
      jobs: aTask({ ...keeps, events: ["works", "fails"] }),
      given: [task.send({ add: 2 }), task.send({ add: 3 })],
      when: [task.retry(), task.status(), task.getState()],
      outcome: {
        answers: [
          { retried: true },
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { state: { n: 5 } }
        ],
        events: [
          "job.created input={n:2}",
          "job.started input={n:2}",
          "execution.started e1 trigger=retry attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState={n:2}",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=3 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on {n:2}"
        ]
      }
    },
    {
      name: "task: a failed execute is kept, and retried as such",
      jobs: aTask({ ...keeps, runs: ["fails"] }),
      given: [task.send({ add: 2 }), task.trigger()],
      when: [task.status(), task.retry(), task.status()],
      outcome: {
        answers: [
          { status: "failed", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 1 },
          { retried: true },
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 0, executeCount: 1 }
        ],
        events: [
          "job.created input={n:2}",
          "job.started input={n:2}",
          "execution.started x1 trigger=retry attempt=1 runCount=1",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=1 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=1 task(events=0 executes=1)"],
        saw: ["execute x1 attempt=1 runCount=1 eventCount=0 executeCount=1 createdAt=0 scheduled=null on {n:2}"]
      }
    },
    {
      name: "task: discard purges what was kept",
      jobs: aTask({ ...keeps, events: ["fails"] }),
      given: [task.send({ add: 2 })],
      when: [task.discard(), task.status(), task.retry(), task.send({ add: 1 })],
      outcome: {
        answers: [
          { discarded: true },
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 },
          { retried: false },
          sent({ created: true })
        ],
        events: [
          "job.terminated by=discard runCount=1",
          "job.created",
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
      name: "task: what is idle is neither retried nor discarded",
      jobs: aTask(),
      given: [task.send({ add: 2 })],
      when: [task.retry(), task.discard(), task.status()],
      outcome: {
        answers: [
          { retried: false },
          { discarded: false },
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 }
        ],
        events: [],
        left: ["task:job:a: running {n:2} runCount=1 task(events=1 executes=0)"]
      }
    },
    {
      name: "debounce: a retry that fails is kept again",
      jobs: aDebounce({ ...keeps, runs: ["fails", "fails"] }),
      given: [debounce.add({ add: 2 }), debounce.flush()],
      when: [debounce.retry(), debounce.status()],
      outcome: {
        answers: [
          "ExecutionFailed debounce:job:a flush attempts=1 TypeError(failure 2)",
          { status: "failed", eventCount: 1, startedAt: 0, willFlushAt: null }
        ],
        events: [
          "job.created input={n:2}",
          "job.started input={n:2}",
          "execution.started flush trigger=retry attempt=1 runCount=1",
          "execution.failed flush attempt=1 runCount=1 error=TypeError(failure 2) preExecutionState={n:2} willRetry=false",
          "retry.exhausted flush reason=maxAttempts attempts=1 lastError=TypeError(failure 2) totalDurationMs=0",
          "job.failed flush reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 2) finalState={n:2}"
        ],
        left: [
          "debounce:job:a: failed {n:2} runCount=1 execution(flush trigger=retry attempt=1 first@0s last=TypeError(failure 2)) buffer(1@0s manual)"
        ]
      }
    },
    {
      name: "task: a retry that fails is kept again",
      jobs: aTask({ ...keeps, events: ["fails", "fails"] }),
      given: [task.send({ add: 2 })],
      when: [task.retry(), task.status()],
      outcome: {
        answers: [
          "ExecutionFailed task:job:a e1 attempts=1 TypeError(failure 2)",
          { status: "failed", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 }
        ],
        events: [
          "job.created",
          "job.started",
          "execution.started e1 trigger=retry attempt=1 runCount=1 handler=onEvent",
          "execution.failed e1 attempt=1 runCount=1 error=TypeError(failure 2) preExecutionState=null willRetry=false",
          "task.event.processed e1 eventCount=1 ok=false",
          "retry.exhausted e1 reason=maxAttempts attempts=1 lastError=TypeError(failure 2) totalDurationMs=0",
          "job.failed e1 reason=retryExhausted attempt=1 runCount=1 error=TypeError(failure 2) finalState=null"
        ],
        left: [
          "task:job:a: failed null runCount=1 execution(e1 onEvent trigger=retry attempt=1 first@0s last=TypeError(failure 2)) task(events=1 executes=0 stateless event={add:2})"
        ]
      }
    }
  ]
}
