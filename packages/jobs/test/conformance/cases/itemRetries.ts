import { pool } from "../calls.ts"
import { held, pass, type Table } from "../Case.ts"
import { aPool } from "../definitions.ts"

const { cancel, enqueue, status, terminate } = pool

/** Two attempts, 1 s apart. */
const retry = { maxAttempts: 2, delay: "1 second" } as const

export const itemRetriesTable: Table = {
  about: "items that fail and are retried",
  cases: [
    {
      name: "an item that fails: failed(willRetry), alarm.scheduled, retry.scheduled; later fired, attempted, started",
      jobs: aPool({ retry, items: { x: ["fails"] } }),
      when: [enqueue("x"), status(), pass("1 second"), status()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { pending: 1, running: 0, deadLetters: 0, paused: false },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "job.created",
          "job.started",
          "pool.item.enqueued ix itemId=x depth=1 priority=0",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.failed ix attempt=1 runCount=1 error=TypeError(failure 1) willRetry",
          "alarm.scheduled kind=retry scheduledFor=1s",
          "retry.scheduled ix attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=1s",
          "@1s alarm.fired kind=retry scheduledFor=1s",
          "retry.attempted ix attempt=2 scheduledFor=1s",
          "execution.started ix trigger=item attempt=2 runCount=1",
          "execution.succeeded ix attempt=2 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"],
        saw: [
          "execute ix attempt=1 runCount=1 itemId=x add=1",
          "execute ix attempt=2 runCount=1 itemId=x add=1",
          "onEmpty"
        ],
        because: [
          "job.started < job.created",
          "execution.started < pool.item.enqueued",
          "execution.failed < execution.started",
          "retry.scheduled < execution.failed",
          "retry.attempted < pool.item.enqueued",
          "execution.started < retry.attempted",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "an item that takes longer than its timeout has failed",
      jobs: aPool({ retry: { ...retry, timeout: "5 seconds" }, items: { x: ["holds"] } }),
      given: [enqueue("x")],
      when: [held(1), pass("5 seconds"), status()],
      outcome: {
        answers: [{ pending: 1, running: 0, deadLetters: 0, paused: false }],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "@5s execution.failed ix attempt=1 runCount=1 durationMs=5000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) willRetry",
          "alarm.scheduled kind=retry scheduledFor=6s",
          "retry.scheduled ix attempt=2 delayMs=1000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) retryAt=6s"
        ],
        left: ["workerPool:job:0: running runCount=1 alarm(retry@6s) pool(retrying=1) rows(item=1 retry=1)"]
      }
    },
    {
      name: "the one alarm is at the earliest retry",
      jobs: aPool({
        concurrency: 2,
        retry: { maxAttempts: 2, delay: { _tag: "Backoff", delayMs: () => 3000 } },
        items: { x: ["fails"], y: ["fails"] }
      }),
      given: [enqueue("x"), pass("1 second"), enqueue("y")],
      when: [pass("2 seconds"), pass("1 second")],
      outcome: {
        answers: [],
        events: [
          "@3s alarm.fired kind=retry scheduledFor=3s",
          "alarm.scheduled kind=retry scheduledFor=4s",
          "retry.attempted ix attempt=2 scheduledFor=3s",
          "execution.started ix trigger=item attempt=2 runCount=1",
          "execution.succeeded ix attempt=2 runCount=1",
          "@4s alarm.fired kind=retry scheduledFor=4s",
          "retry.attempted iy attempt=2 scheduledFor=4s",
          "execution.started iy trigger=item attempt=2 runCount=2",
          "execution.succeeded iy attempt=2 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(item=2)"]
      }
    },
    {
      name: "cancelling the earlier retry sets the alarm to the next one",
      jobs: aPool({
        concurrency: 2,
        retry: { maxAttempts: 2, delay: "3 seconds" },
        items: { x: ["fails"], y: ["fails"] }
      }),
      given: [enqueue("x"), pass("1 second"), enqueue("y")],
      when: [cancel("x")],
      outcome: {
        answers: [{ cancelled: true }],
        events: [
          "@1s pool.item.cancelled ix itemId=x",
          "alarm.scheduled kind=retry replaces=3s scheduledFor=4s"
        ],
        left: ["workerPool:job:0: running runCount=2 alarm(retry@4s) pool(retrying=1) rows(item=2 retry=1)"]
      }
    },
    {
      name: "a failed item lets the next one of its partition go",
      jobs: aPool({ concurrency: 2, items: { x: ["fails"] } }),
      given: [enqueue("x", { partitionKey: "p" })],
      when: [enqueue("y", { partitionKey: "p" })],
      outcome: {
        answers: [{ itemId: "y", position: 1, created: true }],
        events: [
          "pool.item.enqueued iy itemId=y depth=1 partitionKey=p priority=0",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(dead=1 item=2 tally=1)"]
      }
    },
    {
      name: "terminate while a retry waits: alarm.cancelled, job.terminated",
      jobs: aPool({ retry, items: { x: ["fails"] } }),
      given: [enqueue("x"), enqueue("y")],
      when: [terminate({ reason: "stop" }), status(), pass("1 second")],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "alarm.cancelled kind=retry reason=terminated scheduledFor=1s",
          "job.terminated reason=stop by=client runCount=2"
        ],
        left: []
      }
    },
    {
      name: "a begin that is told with its outcome carries the instant when it was",
      jobs: aPool({ items: { x: [{ takes: "15 millis" }] } }),
      given: [enqueue("x")],
      when: [pass("15 millis")],
      outcome: {
        answers: [],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "@15ms execution.succeeded ix attempt=1 runCount=1 durationMs=15"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"]
      }
    },
    {
      name: "events of items that run at the same time interleave without a gap",
      jobs: aPool({
        concurrency: 2,
        items: { x: [{ takes: "3 seconds" }], y: [{ takes: "1 second" }], z: [{ takes: "1 second" }] }
      }),
      given: [enqueue("x"), enqueue("y"), enqueue("z")],
      when: [pass("20 millis"), pass("980 millis"), pass("20 millis"), pass("980 millis"), pass("1 second")],
      outcome: {
        answers: [],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "@1s execution.succeeded iy attempt=1 runCount=2 durationMs=1000",
          "execution.started iz trigger=item attempt=1 runCount=3",
          "@2s execution.succeeded iz attempt=1 runCount=3 durationMs=1000",
          "@3s execution.succeeded ix attempt=1 runCount=1 durationMs=3000"
        ],
        left: ["workerPool:job:0: running runCount=3 pool(processed=3) rows(item=3)"]
      }
    }
  ]
}
