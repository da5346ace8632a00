import { pool } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aPool } from "../definitions.ts"

const { cancel, drain, enqueue, pause, resume, status } = pool

export const poolCallsTable: Table = {
  about: "worker pools: pause, cancel, shards",
  cases: [
    {
      name: "pause: what runs goes on, and nothing begins until resume",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), held(1)],
      when: [pause(), pause(), enqueue("y"), release, status(), resume(), resume(), status()],
      outcome: {
        answers: [
          { paused: true },
          { paused: true },
          { itemId: "y", position: 2, created: true },
          { pending: 1, running: 0, deadLetters: 0, paused: true },
          { resumed: true },
          { resumed: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.paused",
          "pool.item.enqueued iy itemId=y depth=2 priority=0",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1",
          "pool.resumed",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(item=2)"],
        saw: [
          "execute iy attempt=1 runCount=2 itemId=y add=1",
          "onEmpty"
        ]
      }
    },
    {
      name: "cancel takes an item away that waits, and no other",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), enqueue("y"), held(1)],
      when: [cancel("y"), cancel("y"), cancel("x"), cancel("nobody"), release, cancel("x"), status()],
      outcome: {
        answers: [
          { cancelled: true },
          { cancelled: false },
          { cancelled: false },
          { cancelled: false },
          { cancelled: false },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.item.cancelled iy itemId=y",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=2)"],
        because: [
          "pool.item.cancelled < pool.item.enqueued",
          "execution.started < pool.item.enqueued",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "cancelling the retry that the alarm is for: alarm.cancelled",
      jobs: aPool({ retry: { maxAttempts: 2, delay: "1 minute" }, items: { x: ["fails"] } }),
      given: [enqueue("x")],
      when: [cancel("x"), status(), pass("1 minute")],
      outcome: {
        answers: [
          { cancelled: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.item.cancelled ix itemId=x",
          "alarm.cancelled kind=retry reason=cancelled scheduledFor=60s"
        ],
        left: ["workerPool:job:0: running runCount=1 pool() rows(item=1)"]
      }
    },
    {
      name: "shards have their own incarnations and share the concurrency",
      jobs: aPool({ concurrency: 2, shards: 2 }),
      when: [enqueue("x"), enqueue("y"), status()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { itemId: "y", position: 1, created: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "1/ job.created",
          "1/ job.started",
          "1/ pool.item.enqueued ix itemId=x depth=1 priority=0",
          "1/ execution.started ix trigger=item attempt=1 runCount=1",
          "1/ execution.succeeded ix attempt=1 runCount=1",
          "job.created",
          "job.started",
          "pool.item.enqueued iy itemId=y depth=1 priority=0",
          "execution.started iy trigger=item attempt=1 runCount=1",
          "execution.succeeded iy attempt=1 runCount=1"
        ],
        left: [
          "workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)",
          "workerPool:job:1: running runCount=1 pool(processed=1) rows(item=1)"
        ]
      }
    },
    {
      name: "of five items at once each runs once",
      jobs: aPool({ concurrency: 3 }),
      when: [meanwhile(...["a", "b", "c", "d", "e"].map((itemId) => enqueue(itemId))), status()],
      outcome: {
        answers: [
          { itemId: "a", position: 1, created: true },
          { itemId: "b", position: 2, created: true },
          { itemId: "c", position: 3, created: true },
          { itemId: "d", position: 4, created: true },
          { itemId: "e", position: 5, created: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "job.created",
          "job.started",
          "pool.item.enqueued ia itemId=a depth=1 priority=0",
          "pool.item.enqueued ib itemId=b depth=2 priority=0",
          "pool.item.enqueued ic itemId=c depth=3 priority=0",
          "pool.item.enqueued id itemId=d depth=4 priority=0",
          "pool.item.enqueued ie itemId=e depth=5 priority=0",
          "execution.started ia trigger=item attempt=1 runCount=1",
          "execution.succeeded ia attempt=1 runCount=1",
          "execution.started ib trigger=item attempt=1 runCount=2",
          "execution.succeeded ib attempt=1 runCount=2",
          "execution.started ic trigger=item attempt=1 runCount=3",
          "execution.succeeded ic attempt=1 runCount=3",
          "execution.started id trigger=item attempt=1 runCount=4",
          "execution.succeeded id attempt=1 runCount=4",
          "execution.started ie trigger=item attempt=1 runCount=5",
          "execution.succeeded ie attempt=1 runCount=5"
        ],
        left: ["workerPool:job:0: running runCount=5 pool(processed=5) rows(item=5)"]
      }
    },
    {
      name: "a shard that begins while the pool is paused is paused",
      jobs: aPool({ concurrency: 2, shards: 2 }),
      given: [enqueue("x"), pause()],
      when: [enqueue("y"), status(), resume()],
      outcome: {
        answers: [
          { itemId: "y", position: 1, created: true },
          { pending: 1, running: 0, deadLetters: 0, paused: true },
          { resumed: true }
        ],
        events: [
          "job.created",
          "job.started",
          "pool.paused",
          "pool.item.enqueued iy itemId=y depth=1 priority=0",
          "pool.resumed",
          "1/ pool.resumed",
          "execution.started iy trigger=item attempt=1 runCount=1",
          "execution.succeeded iy attempt=1 runCount=1"
        ],
        left: [
          "workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)",
          "workerPool:job:1: running runCount=1 pool(processed=1) rows(item=1)"
        ]
      }
    },
    {
      name: "a new item is refused on every shard of a pool that is drained",
      jobs: aPool({ concurrency: 2, shards: 2, items: { x: ["holds"] } }),
      given: [enqueue("x"), held(1)],
      when: [meanwhile(drain()), enqueue("y"), release],
      outcome: {
        answers: [
          { processed: 1 },
          "InvalidInput workerPool:job:0 name"
        ],
        events: [
          "1/ execution.started ix trigger=item attempt=1 runCount=1",
          "1/ execution.succeeded ix attempt=1 runCount=1",
          "1/ pool.drained processed=1",
          "1/ job.completed reason=drained runCount=1"
        ],
        left: []
      }
    }
  ]
}
