import { pool } from "../calls.ts"
import { held, pass, release, type Table } from "../Case.ts"
import { aPool } from "../definitions.ts"

const { cancel, deadLetters, discardItem, drain, enqueue, pause, resume, retryItem, status, terminate } = pool

export const poolsTable: Table = {
  about: "worker pools: items",
  cases: [
    {
      name: "the first item opens the incarnation: created, started, enqueued, the run",
      jobs: aPool(),
      when: [enqueue("x", { priority: 2, partitionKey: "p" }), status()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "job.created",
          "job.started",
          "pool.item.enqueued ix itemId=x depth=1 partitionKey=p priority=2",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"],
        saw: [
          "execute ix attempt=1 runCount=1 itemId=x partitionKey=p add=1",
          "onEmpty"
        ],
        because: [
          "job.started < job.created",
          "execution.started < pool.item.enqueued",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "a further item joins it",
      jobs: aPool(),
      given: [enqueue("x")],
      when: [enqueue("y"), status()],
      outcome: {
        answers: [
          { itemId: "y", position: 1, created: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.item.enqueued iy itemId=y depth=1 priority=0",
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
      name: "an item that is there is not enqueued again",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), enqueue("y"), enqueue("z")],
      when: [enqueue("x"), enqueue("z"), status()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: false },
          { itemId: "z", position: 3, created: false },
          { pending: 3, running: 0, deadLetters: 0, paused: false }
        ],
        events: [],
        left: ["workerPool:job:0: running runCount=0 pool(ready=3) wakes@0s rows(item=3 ready=3)"]
      }
    },
    {
      name: "an item that is done may be enqueued again: its second life",
      jobs: aPool(),
      given: [enqueue("x")],
      when: [enqueue("x"), enqueue("x")],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { itemId: "x", position: 1, created: true }
        ],
        events: [
          "pool.item.enqueued ix.2 itemId=x depth=1 priority=0",
          "execution.started ix.2 trigger=item attempt=1 runCount=2",
          "execution.succeeded ix.2 attempt=1 runCount=2",
          "pool.item.enqueued ix.3 itemId=x depth=1 priority=0",
          "execution.started ix.3 trigger=item attempt=1 runCount=3",
          "execution.succeeded ix.3 attempt=1 runCount=3"
        ],
        left: ["workerPool:job:0: running runCount=3 pool(processed=3) rows(item=1)"]
      }
    },
    {
      name: "concurrency bounds what runs",
      jobs: aPool({ concurrency: 2, items: { x: ["holds"], y: ["holds"], z: ["works"] } }),
      given: [enqueue("x"), enqueue("y"), enqueue("z"), held(2)],
      when: [pass("20 millis"), status(), release, status()],
      outcome: {
        answers: [
          { pending: 1, running: 2, deadLetters: 0, paused: false },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "@20ms execution.succeeded ix attempt=1 runCount=1 durationMs=20",
          "execution.succeeded iy attempt=1 runCount=2 durationMs=20",
          "execution.started iz trigger=item attempt=1 runCount=3",
          "execution.succeeded iz attempt=1 runCount=3"
        ],
        left: ["workerPool:job:0: running runCount=3 pool(processed=3) rows(item=3)"]
      }
    },
    {
      name: "what waits goes by priority, then in order",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), held(1)],
      when: [
        enqueue("late", { priority: 5 }),
        enqueue("first"),
        enqueue("second"),
        enqueue("soon", { priority: -1 }),
        release
      ],
      outcome: {
        answers: [
          { itemId: "late", position: 2, created: true },
          { itemId: "first", position: 3, created: true },
          { itemId: "second", position: 4, created: true },
          { itemId: "soon", position: 5, created: true }
        ],
        events: [
          "pool.item.enqueued ilate itemId=late depth=2 priority=5",
          "pool.item.enqueued ifirst itemId=first depth=3 priority=0",
          "pool.item.enqueued isecond itemId=second depth=4 priority=0",
          "pool.item.enqueued isoon itemId=soon depth=5 priority=-1",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1",
          "execution.started isoon trigger=item attempt=1 runCount=2",
          "execution.succeeded isoon attempt=1 runCount=2",
          "execution.started ifirst trigger=item attempt=1 runCount=3",
          "execution.succeeded ifirst attempt=1 runCount=3",
          "execution.started isecond trigger=item attempt=1 runCount=4",
          "execution.succeeded isecond attempt=1 runCount=4",
          "execution.started ilate trigger=item attempt=1 runCount=5",
          "execution.succeeded ilate attempt=1 runCount=5"
        ],
        left: ["workerPool:job:0: running runCount=5 pool(processed=5) rows(item=5)"],
        saw: [
          "execute isoon attempt=1 runCount=2 itemId=soon add=1",
          "execute ifirst attempt=1 runCount=3 itemId=first add=1",
          "execute isecond attempt=1 runCount=4 itemId=second add=1",
          "execute ilate attempt=1 runCount=5 itemId=late add=1",
          "onEmpty"
        ]
      }
    },
    {
      name: "items of one partition run one after the other, others beside them",
      jobs: aPool({ concurrency: 3, items: { x: ["holds"] } }),
      given: [enqueue("x", { partitionKey: "p" }), held(1)],
      when: [enqueue("y", { partitionKey: "p" }), enqueue("z", { partitionKey: "q" }), status(), release],
      outcome: {
        answers: [
          { itemId: "y", position: 2, created: true },
          { itemId: "z", position: 3, created: true },
          { pending: 2, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.item.enqueued iy itemId=y depth=2 partitionKey=p priority=0",
          "pool.item.enqueued iz itemId=z depth=3 partitionKey=q priority=0",
          "execution.started iz trigger=item attempt=1 runCount=2",
          "execution.succeeded iz attempt=1 runCount=2",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1",
          "execution.started iy trigger=item attempt=1 runCount=3",
          "execution.succeeded iy attempt=1 runCount=3"
        ],
        left: ["workerPool:job:0: running runCount=3 pool(processed=3) rows(item=3)"],
        saw: [
          "execute iz attempt=1 runCount=2 itemId=z partitionKey=q add=1",
          "execute iy attempt=1 runCount=3 itemId=y partitionKey=p add=1",
          "onEmpty"
        ]
      }
    },
    {
      name: "a partition whose item waits for its retry waits with it",
      jobs: aPool({ concurrency: 3, retry: { maxAttempts: 2, delay: "1 second" }, items: { x: ["fails"] } }),
      given: [enqueue("x", { partitionKey: "p" })],
      when: [enqueue("y", { partitionKey: "p" }), status(), pass("1 second")],
      outcome: {
        answers: [
          { itemId: "y", position: 2, created: true },
          { pending: 2, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.item.enqueued iy itemId=y depth=2 partitionKey=p priority=0",
          "@1s alarm.fired kind=retry scheduledFor=1s",
          "retry.attempted ix attempt=2 scheduledFor=1s",
          "execution.started ix trigger=item attempt=2 runCount=1",
          "execution.succeeded ix attempt=2 runCount=1",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(item=2)"]
      }
    },
    {
      name: "an item of more than 20 ms is told as begun before it ends",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [enqueue("x"), held(1)],
      when: [pass("19 millis"), pass("1 millis"), status(), pass("980 millis"), release],
      outcome: {
        answers: [{ pending: 0, running: 1, deadLetters: 0, paused: false }],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "@1s execution.succeeded ix attempt=1 runCount=1 durationMs=1000"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"]
      }
    },
    {
      name: "a handler that terminates ends its item, and nothing else",
      jobs: aPool({ items: { x: [{ terminates: "enough" }] } }),
      when: [enqueue("x"), status()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "job.created",
          "job.started",
          "pool.item.enqueued ix itemId=x depth=1 priority=0",
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1 terminated"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"]
      }
    },
    {
      name: "asking a pool that does not exist is no error and leaves nothing",
      jobs: aPool({ concurrency: 2, shards: 2 }),
      when: [
        pause(),
        resume(),
        drain(),
        cancel("x"),
        status(),
        deadLetters(),
        retryItem("x"),
        discardItem("x"),
        terminate({ reason: "gone" })
      ],
      outcome: {
        answers: [
          { paused: false },
          { resumed: false },
          { processed: 0 },
          { cancelled: false },
          { pending: 0, running: 0, deadLetters: 0, paused: false },
          { items: [], cursor: null },
          { retried: false },
          { discarded: false },
          { terminated: false }
        ],
        events: [],
        left: []
      }
    }
  ]
}
