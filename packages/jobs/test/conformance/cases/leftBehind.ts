import { continuous, debounce, pool, task } from "../calls.ts"
import { held, meanwhile, pass, release, shutdown, type Table, up } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask } from "../definitions.ts"

const { start } = continuous
const graceful = { gracePeriod: 1000 }
const retry = { maxAttempts: 2, delay: "1 second", timeout: "5 seconds" } as const

export const leftBehindTable: Table = {
  about: "user code that cannot be interrupted",
  cases: [
    {
      name: "terminate leaves a stuck run behind after the grace period, and the id may be used again",
      jobs: aContinuous({ runs: ["sticks"] }),
      with: graceful,
      given: [meanwhile(start({ n: 0 })), held(1), pass("1 second")],
      when: [meanwhile(continuous.terminate()), pass("1 second"), start({ n: 7 }), release, continuous.getState()],
      outcome: {
        answers: [
          { terminated: true },
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { state: { n: 8 } }
        ],
        events: [
          "@2s job.terminated by=client runCount=1",
          "job.created input={n:7}",
          "job.started input={n:7}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:7}",
          "alarm.scheduled kind=schedule scheduledFor=62s"
        ],
        left: ["continuous:job:a: running {n:8} runCount=1 alarm(schedule@62s)"]
      }
    },
    {
      name: "a stuck run has failed once its timeout and the grace period are over",
      jobs: aContinuous({ retry, runs: ["sticks"] }),
      with: graceful,
      given: [meanwhile(start({ n: 0 })), held(1)],
      when: [pass("6 seconds"), pass("1 second"), release],
      outcome: {
        answers: [],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "@6s execution.failed r1 attempt=1 runCount=1 durationMs=6000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=7s",
          "retry.scheduled r1 attempt=2 delayMs=1000 error=AttemptTimedOut(The attempt took longer than 5000 ms (retry.timeout) and was…) retryAt=7s",
          "@7s alarm.fired r1 kind=retry scheduledFor=7s",
          "retry.attempted r1 attempt=2 scheduledFor=7s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a shutdown leaves a stuck run behind, and it runs again as the same attempt",
      jobs: aContinuous({ runs: ["sticks"] }),
      with: graceful,
      given: [meanwhile(start({ n: 0 })), held(1), pass("1 second")],
      when: [shutdown, pass("2 seconds"), up(), release],
      outcome: {
        answers: [],
        events: [
          "@3s execution.started r1 trigger=start attempt=1 runCount=1 recovered",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: [
          "execute r1 attempt=1 runCount=1 on {n:0}"
        ]
      }
    },
    {
      name: "terminate leaves a stuck flush behind, with what was added meanwhile",
      jobs: aDebounce({ runs: ["sticks"] }),
      with: graceful,
      given: [
        debounce.add({ add: 5 }),
        meanwhile(debounce.flush()),
        held(1),
        pass("1 second"),
        debounce.add({ add: 6 })
      ],
      when: [meanwhile(debounce.terminate()), pass("1 second"), release, debounce.status()],
      outcome: {
        answers: [
          { terminated: true },
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [
          "@2s alarm.cancelled kind=flush reason=terminated scheduledFor=10s",
          "job.terminated by=client runCount=1"
        ],
        left: []
      }
    },
    {
      name: "onError takes the timeout of an event's handler that is stuck",
      jobs: aTask({ retry: { ...retry, maxAttempts: 1 }, events: ["sticks"], errors: ["works"] }),
      with: graceful,
      given: [meanwhile(task.send({ add: 5 })), held(1)],
      when: [pass("6 seconds"), release, task.getState()],
      outcome: {
        answers: [{ state: { n: 99 } }],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:5}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "@6s task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 durationMs=6000 preExecutionState=null recovered",
          "task.event.processed e1 eventCount=1 durationMs=6000 ok"
        ],
        left: ["task:job:a: running {n:99} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onError e1 attempt=1 runCount=1 AttemptTimedOut: The attempt took longer than 5000 ms (retry.timeout) and was interrupted eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "terminate leaves a stuck item behind",
      jobs: aPool({ items: { x: ["sticks"] } }),
      with: graceful,
      given: [pool.enqueue("x"), pool.enqueue("y"), held(1), pass("1 second")],
      when: [meanwhile(pool.terminate()), pass("1 second"), release, pool.enqueue("y")],
      outcome: {
        answers: [
          { terminated: true },
          { itemId: "y", position: 1, created: true }
        ],
        events: [
          "@2s job.terminated by=client runCount=1",
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
