import { pool } from "../calls.ts"
import { pass, type Table } from "../Case.ts"
import { aPool } from "../definitions.ts"

const { cancel, deadLetters, discardItem, drain, enqueue, retryItem, status, terminate } = pool

/** Two attempts, 1 s apart. */
const retry = { maxAttempts: 2, delay: "1 second" } as const

export const deadLettersTable: Table = {
  about: "dead letters",
  cases: [
    {
      name: "an item out of attempts is a dead letter with its error, and the pool lives on",
      jobs: aPool({ retry, items: { x: ["fails", "fails"] } }),
      given: [enqueue("x")],
      when: [pass("1 second"), status(), deadLetters(), enqueue("y")],
      outcome: {
        answers: [
          { pending: 0, running: 0, deadLetters: 1, paused: false },
          {
            items: [{
              itemId: "x",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 2" },
              attempts: 2,
              failedAt: 1000
            }],
            cursor: null
          },
          { itemId: "y", position: 1, created: true }
        ],
        events: [
          "@1s alarm.fired kind=retry scheduledFor=1s",
          "retry.attempted ix attempt=2 scheduledFor=1s",
          "execution.started ix trigger=item attempt=2 runCount=1",
          "execution.failed ix attempt=2 runCount=1 error=TypeError(failure 2) willRetry=false",
          "retry.exhausted ix reason=maxAttempts attempts=2 lastError=TypeError(failure 2) totalDurationMs=1000",
          "pool.item.enqueued iy itemId=y depth=1 priority=0",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(dead=1 item=2 tally=1)"],
        saw: [
          "execute ix attempt=2 runCount=1 itemId=x add=1",
          "onDeadLetter {add:1} TypeError(failure 2)",
          "onEmpty",
          "execute iy attempt=1 runCount=2 itemId=y add=1",
          "onEmpty"
        ],
        because: [
          "retry.attempted < pool.item.enqueued",
          "execution.started < retry.attempted",
          "execution.failed < execution.started",
          "retry.exhausted < execution.failed",
          "execution.started < pool.item.enqueued",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "an item out of time is a dead letter",
      jobs: aPool({ retry: { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" }, items: { x: ["fails"] } }),
      given: [enqueue("x")],
      when: [pass("4 seconds"), status(), deadLetters()],
      outcome: {
        answers: [
          { pending: 0, running: 0, deadLetters: 1, paused: false },
          {
            items: [{
              itemId: "x",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 1" },
              attempts: 1,
              failedAt: 4000
            }],
            cursor: null
          }
        ],
        events: [
          "@4s alarm.fired kind=retry scheduledFor=4s",
          "retry.exhausted ix reason=maxDuration attempts=1 lastError=TypeError(failure 1) totalDurationMs=4000"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(dead=1 item=1 tally=1)"],
        saw: [
          "onDeadLetter {add:1} TypeError(failure 1)",
          "onEmpty"
        ],
        because: []
      }
    },
    {
      name: "without a retry policy an item that fails is a dead letter at once",
      jobs: aPool({ items: { x: ["dies"] } }),
      when: [enqueue("x"), status(), deadLetters()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { pending: 0, running: 0, deadLetters: 1, paused: false },
          {
            items: [{
              itemId: "x",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 1" },
              attempts: 1,
              failedAt: 0
            }],
            cursor: null
          }
        ],
        events: [
          "job.created",
          "job.started",
          "pool.item.enqueued ix itemId=x depth=1 priority=0",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.failed ix attempt=1 runCount=1 error=TypeError(failure 1) willRetry=false"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(dead=1 item=1 tally=1)"],
        saw: [
          "execute ix attempt=1 runCount=1 itemId=x add=1",
          "onDeadLetter {add:1} TypeError(failure 1)",
          "onEmpty"
        ]
      }
    },
    {
      name: "a dead letter is not enqueued again, and waits for nobody",
      jobs: aPool({ items: { x: ["fails"], y: ["holds"] } }),
      given: [enqueue("x"), enqueue("y"), enqueue("z")],
      when: [enqueue("x"), cancel("x"), status()],
      outcome: {
        answers: [
          { itemId: "x", position: 0, created: false },
          { cancelled: false },
          { pending: 2, running: 0, deadLetters: 1, paused: false }
        ],
        events: [],
        left: [
          "workerPool:job:0: running runCount=1 pool(ready=2 processed=1) wakes@0s rows(dead=1 item=3 ready=2 tally=1)"
        ]
      }
    },
    {
      name: "retryItem enqueues a dead letter with all of its attempts before it",
      jobs: aPool({ retry: { maxAttempts: 1, delay: 0 }, items: { x: ["fails"] } }),
      given: [enqueue("x", { priority: 3, partitionKey: "p" })],
      when: [retryItem("x"), status(), retryItem("x")],
      outcome: {
        answers: [
          { retried: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false },
          { retried: false }
        ],
        events: [
          "pool.item.enqueued ix.2 itemId=x depth=1 partitionKey=p priority=3",
          "execution.started ix.2 trigger=item attempt=1 runCount=2",
          "execution.succeeded ix.2 attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(item=1)"],
        saw: [
          "execute ix.2 attempt=1 runCount=2 itemId=x partitionKey=p add=1",
          "onEmpty"
        ]
      }
    },
    {
      name: "discardItem forgets a dead letter, and its id may be used again",
      jobs: aPool({ items: { x: ["fails"] } }),
      given: [enqueue("x")],
      when: [discardItem("x"), discardItem("x"), deadLetters(), enqueue("x")],
      outcome: {
        answers: [
          { discarded: true },
          { discarded: false },
          { items: [], cursor: null },
          { itemId: "x", position: 1, created: true }
        ],
        events: [
          "pool.item.enqueued ix.2 itemId=x depth=1 priority=0",
          "execution.started ix.2 trigger=item attempt=1 runCount=2",
          "execution.succeeded ix.2 attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(item=1)"]
      }
    },
    {
      name: "dead letters outlive a drain, and one may open the next incarnation",
      jobs: aPool({ items: { x: ["fails"] } }),
      given: [enqueue("x")],
      when: [drain(), status(), retryItem("x"), status()],
      outcome: {
        answers: [
          { processed: 1 },
          { pending: 0, running: 0, deadLetters: 1, paused: false },
          { retried: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.drained processed=1",
          "job.completed reason=drained runCount=1",
          "job.created",
          "job.started",
          "pool.item.enqueued ix itemId=x depth=1 priority=0",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"]
      }
    },
    {
      name: "dead letters go with their pool",
      jobs: aPool({ items: { x: ["fails"] } }),
      given: [enqueue("x")],
      when: [terminate(), deadLetters(), status()],
      outcome: {
        answers: [
          { terminated: true },
          { items: [], cursor: null },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: ["job.terminated by=client runCount=1"],
        left: []
      }
    },
    {
      name: "dead letters come in pages",
      jobs: aPool({ items: { x: ["fails"], y: ["fails"], z: ["fails"] } }),
      given: [enqueue("x"), enqueue("y"), enqueue("z")],
      when: [deadLetters({ limit: 2 }), deadLetters({ limit: 2, cursor: "0:y" })],
      outcome: {
        answers: [
          {
            items: [{
              itemId: "x",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 1" },
              attempts: 1,
              failedAt: 0
            }, {
              itemId: "y",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 2" },
              attempts: 1,
              failedAt: 0
            }],
            cursor: "0:y"
          },
          {
            items: [{
              itemId: "z",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 3" },
              attempts: 1,
              failedAt: 0
            }],
            cursor: null
          }
        ],
        events: [],
        left: ["workerPool:job:0: running runCount=3 pool(processed=3) rows(dead=3 item=3 tally=1)"]
      }
    },
    {
      name: "drain with a dead letter counts it as processed",
      jobs: aPool({ items: { x: ["fails"] } }),
      given: [enqueue("x"), enqueue("y")],
      when: [drain(), deadLetters({ limit: 1 })],
      outcome: {
        answers: [
          { processed: 2 },
          {
            items: [{
              itemId: "x",
              event: { add: 1 },
              error: { name: "TypeError", message: "failure 1" },
              attempts: 1,
              failedAt: 0
            }],
            cursor: null
          }
        ],
        events: [
          "pool.drained processed=2",
          "job.completed reason=drained runCount=2"
        ],
        left: ["workerPool:job:0: rows(dead=1 item=1 tally=1)"]
      }
    }
  ]
}
