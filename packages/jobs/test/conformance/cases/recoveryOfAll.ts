import { added } from "../answers.ts"
import { debounce, pool, task } from "../calls.ts"
import { crash, held, meanwhile, pass, type Table, up } from "../Case.ts"
import { aDebounce, aPool, aTask } from "../definitions.ts"

export const recoveryOfAllTable: Table = {
  about: "crashes of debounces, tasks and pools",
  cases: [
    {
      name: "a flush that the crash cut off runs again on the same buffer",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [debounce.add({ add: 5 }), meanwhile(debounce.flush()), held(1), pass("1 second"), crash],
      when: [up()],
      outcome: {
        answers: [],
        events: [
          "@1s execution.started flush trigger=flush attempt=1 runCount=1 recovered",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=manual on {n:5}"]
      }
    },
    {
      name: "what was added during a flush outlives the crash that cuts it off",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [
        debounce.add({ add: 5 }),
        meanwhile(debounce.flush()),
        held(1),
        pass("1 second"),
        debounce.add({ add: 1 }),
        crash
      ],
      when: [up(), debounce.status()],
      outcome: {
        answers: [{ status: "debouncing", eventCount: 1, startedAt: 1000, willFlushAt: 11000 }],
        events: [
          "@1s execution.started flush trigger=flush attempt=1 runCount=1 recovered",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1",
          "job.created input={add:1}",
          "job.started input={add:1}",
          "debounce.event.added eventCount=1 flushAt=11s",
          "alarm.scheduled kind=flush scheduledFor=11s"
        ],
        left: ["debounce:job:a: running {n:1} runCount=0 alarm(flush@11s) buffer(1@1s)"]
      }
    },
    {
      name: "a buffer outlives the process, and its time is kept",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }), crash, pass("4 seconds"), up()],
      when: [debounce.add({ add: 1 }), pass("6 seconds")],
      outcome: {
        answers: [added({ eventCount: 2, willFlushAt: 10000 })],
        events: [
          "@4s debounce.event.added eventCount=2 flushAt=10s",
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=2 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:6}",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: ["execute flush attempt=1 runCount=1 eventCount=2 debounceStartedAt=0 flushReason=timeout on {n:6}"]
      }
    },
    {
      name: "an event that the crash cut off is handled again as the same attempt",
      jobs: aTask({ events: ["works", "holds"] }),
      given: [task.send({ add: 2 }), meanwhile(task.send({ add: 3 })), held(1), pass("1 second"), crash],
      when: [up(), task.getState()],
      outcome: {
        answers: [{ state: { n: 5 } }],
        events: [
          "@1s execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent recovered",
          "task.idle e2 idleReason=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 task(events=2 executes=0)"],
        saw: ["onEvent e2 attempt=1 runCount=2 add=3 eventCount=2 executeCount=0 createdAt=0 scheduled=null on {n:2}"],
        because: [
          "execution.started < execution.started",
          "task.idle < execution.started",
          "execution.succeeded < execution.started",
          "task.event.processed < execution.started"
        ]
      }
    },
    {
      name: "an execute that the crash cut off runs again as the same attempt",
      jobs: aTask({ events: [{ schedules: "1 minute" }], runs: ["holds"] }),
      given: [task.send({ add: 2 }), pass("1 minute"), held(1), pass("1 second"), crash],
      when: [up(), task.getState()],
      outcome: {
        answers: [{ state: { n: 20 } }],
        events: [
          "@61s execution.started x1 trigger=alarm attempt=1 runCount=2 recovered",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"],
        saw: ["execute x1 attempt=1 runCount=2 eventCount=1 executeCount=1 createdAt=0 scheduled=null on {n:2}"]
      }
    },
    {
      name: "events that wait behind a retry outlive the process",
      jobs: aTask({ retry: { maxAttempts: 2, delay: "1 minute" }, events: ["fails"] }),
      given: [task.send({ add: 2 }), task.send({ add: 3 }), crash, up()],
      when: [task.status(), pass("1 minute"), task.getState()],
      outcome: {
        answers: [
          { status: "active", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          { state: { n: 5 } }
        ],
        events: [
          "@60s alarm.fired e1 kind=retry scheduledFor=60s",
          "retry.attempted e1 attempt=2 scheduledFor=60s",
          "execution.started e1 trigger=retry attempt=2 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=2 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok",
          "task.event.received e2 eventCount=2 event={add:3}",
          "execution.started e2 trigger=event attempt=1 runCount=2 handler=onEvent",
          "task.idle e2 idleReason=onEvent",
          "execution.succeeded e2 attempt=1 runCount=2 preExecutionState={n:2}",
          "task.event.processed e2 eventCount=2 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=2 task(events=2 executes=0)"]
      }
    },
    {
      name: "an item that the crash cut off after it was stored runs again as the same attempt, then what waits",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [pool.enqueue("x"), pool.enqueue("y"), held(1), pass("1 second"), crash],
      when: [up(), pool.status()],
      outcome: {
        answers: [{ pending: 0, running: 0, deadLetters: 0, paused: false }],
        events: [
          "@1s execution.started ix trigger=item attempt=1 runCount=1 recovered",
          "execution.succeeded ix attempt=1 runCount=1",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(item=2)"],
        saw: [
          "execute ix attempt=1 runCount=1 itemId=x add=1",
          "execute iy attempt=1 runCount=2 itemId=y add=1",
          "onEmpty"
        ],
        because: [
          "execution.started < execution.started",
          "execution.succeeded < execution.started",
          "execution.started < pool.item.enqueued",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "an item whose begin was not stored is simply still waiting",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [pool.enqueue("x"), held(1), crash],
      when: [up(), pool.status()],
      outcome: {
        answers: [{ pending: 0, running: 0, deadLetters: 0, paused: false }],
        events: [
          "execution.started ix trigger=item attempt=1 runCount=1",
          "execution.succeeded ix attempt=1 runCount=1"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(item=1)"],
        saw: [
          "execute ix attempt=1 runCount=1 itemId=x add=1",
          "onEmpty"
        ]
      }
    },
    {
      name: "paused and draining outlive the process",
      jobs: aPool(),
      given: [pool.enqueue("x"), pool.pause(), pool.enqueue("y"), meanwhile(pool.drain()), crash],
      when: [up(), pool.status(), pool.resume(), pool.status()],
      outcome: {
        answers: [
          { pending: 1, running: 0, deadLetters: 0, paused: true },
          { resumed: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.resumed",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.succeeded iy attempt=1 runCount=2",
          "pool.drained processed=2",
          "job.completed reason=drained runCount=2"
        ],
        left: []
      }
    }
  ]
}
