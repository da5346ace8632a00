import { pool } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aPool } from "../definitions.ts"

const { drain, enqueue, pause, resume, status, terminate } = pool

export const poolEndsTable: Table = {
  about: "worker pools: drain and terminate",
  cases: [
    {
      name: "drain refuses new items, and answers when nothing waits or runs",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), enqueue("y"), held(1)],
      when: [meanwhile(drain()), enqueue("z"), status(), release, status(), enqueue("z")],
      outcome: {
        answers: [
          { processed: 2 },
          "InvalidInput workerPool:job:0 name",
          { pending: 2, running: 0, deadLetters: 0, paused: false },
          { pending: 0, running: 0, deadLetters: 0, paused: false },
          { itemId: "z", position: 1, created: true }
        ],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2",
          "pool.drained processed=2",
          "job.completed reason=drained runCount=2",
          "job.created",
          "job.started",
          "pool.item.enqueued iz itemId=z depth=1 priority=0",
          "execution.started iz trigger=item attempt=1 runCount=1",
          "execution.succeeded iz attempt=1 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"]
      }
    },
    {
      name: "drain waits for retries",
      jobs: aPool({ retry: { maxAttempts: 2, delay: "1 second" }, items: { x: ["fails"] } }),
      given: [enqueue("x")],
      when: [meanwhile(drain()), status(), pass("1 second")],
      outcome: {
        answers: [
          { processed: 1 },
          { pending: 1, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "@1s alarm.fired kind=retry scheduledFor=1s",
          "retry.attempted ix attempt=2 scheduledFor=1s",
          "execution.started ix trigger=item attempt=2 runCount=1",
          "execution.succeeded ix attempt=2 runCount=1",
          "pool.drained processed=1",
          "job.completed reason=drained runCount=1"
        ],
        left: []
      }
    },
    {
      name: "drain of a paused pool waits for its resume",
      jobs: aPool(),
      given: [enqueue("x"), pause(), enqueue("y")],
      when: [meanwhile(drain()), pass("1 second"), status(), resume()],
      outcome: {
        answers: [
          { processed: 2 },
          { pending: 1, running: 0, deadLetters: 0, paused: true },
          { resumed: true }
        ],
        events: [
          "@1s pool.resumed",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2",
          "pool.drained processed=2",
          "job.completed reason=drained runCount=2"
        ],
        left: []
      }
    },
    {
      name: "drain of an empty pool is at once",
      jobs: aPool(),
      given: [enqueue("x"), enqueue("y")],
      when: [drain(), drain()],
      outcome: {
        answers: [
          { processed: 2 },
          { processed: 0 }
        ],
        events: [
          "pool.drained processed=2",
          "job.completed reason=drained runCount=2"
        ],
        left: []
      }
    },
    {
      name: "terminate interrupts what runs and removes what waits",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), enqueue("y"), held(1), pass("1 second")],
      when: [terminate({ reason: "stop" }), status(), release, enqueue("y")],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          { pending: 0, running: 0, deadLetters: 0, paused: false },
          { itemId: "y", position: 1, created: true }
        ],
        events: [
          "@1s job.terminated reason=stop by=client runCount=1",
          "job.created",
          "job.started",
          "pool.item.enqueued iy itemId=y depth=1 priority=0",
          "execution.started iy trigger=item attempt=1 runCount=1",
          "execution.succeeded iy attempt=1 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"]
      }
    }
  ]
}
