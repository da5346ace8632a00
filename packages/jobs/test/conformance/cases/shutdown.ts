import { continuous, debounce, pool, task } from "../calls.ts"
import { crash, held, meanwhile, pass, release, shutdown, type Table, trackerAway, trackerBack, up } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask } from "../definitions.ts"

const patient = { gracePeriod: 10_000 }

export const shutdownTable: Table = {
  about: "shutdown and outbox",
  cases: [
    {
      name: "a shutdown lets a handler end within the grace period, and refuses new calls",
      jobs: aContinuous({ runs: ["holds"] }),
      with: patient,
      given: [meanwhile(continuous.start({ n: 0 })), held(1), pass("1 second")],
      when: [shutdown, continuous.trigger(), pass("5 seconds"), release, up(), continuous.status()],
      outcome: {
        answers: [
          "HostUnavailable",
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }
        ],
        events: [
          "@6s execution.succeeded r1 attempt=1 runCount=1 durationMs=6000 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a shutdown interrupts a run after the grace period, and it runs again as the same attempt",
      jobs: aContinuous({ runs: ["holds"] }),
      with: patient,
      when: [meanwhile(continuous.start({ n: 0 })), held(1), pass("1 second"), shutdown, pass("10 seconds"), up()],
      outcome: {
        answers: ["HostUnavailable"],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "@11s execution.started r1 trigger=start attempt=1 runCount=1 recovered",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: [
          "execute r1 attempt=1 runCount=1 on {n:0}",
          "execute r1 attempt=1 runCount=1 on {n:0}"
        ]
      }
    },
    {
      name: "a shutdown before 20 ms have passed leaves no trace of a call",
      jobs: aContinuous({ runs: ["holds"] }),
      when: [meanwhile(continuous.start({ n: 0 })), held(1), shutdown, up(), continuous.status()],
      outcome: {
        answers: [
          "HostUnavailable",
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "a shutdown interrupts a flush, and it runs again as the same attempt",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [debounce.add({ add: 5 })],
      when: [meanwhile(debounce.flush()), held(1), pass("1 second"), shutdown, up()],
      outcome: {
        answers: ["HostUnavailable"],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "@1s execution.started flush trigger=flush attempt=1 runCount=1 recovered",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: [],
        saw: [
          "execute flush attempt=1 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=manual on {n:5}",
          "execute flush attempt=1 runCount=1 eventCount=1 debounceStartedAt=0 flushReason=manual on {n:5}"
        ]
      }
    },
    {
      name: "a shutdown interrupts an event's handler, and onError is not asked",
      jobs: aTask({ events: ["holds"], errors: [] }),
      when: [meanwhile(task.send({ add: 5 })), held(1), pass("1 second"), shutdown, up()],
      outcome: {
        answers: ["HostUnavailable"],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:5}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "@1s execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent recovered",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0)"],
        saw: [
          "onEvent e1 attempt=1 runCount=1 add=5 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null",
          "onEvent e1 attempt=1 runCount=1 add=5 eventCount=1 isFirstEvent executeCount=0 createdAt=0 scheduled=null on null"
        ]
      }
    },
    {
      name: "a shutdown gives items their time, and takes no further one",
      jobs: aPool({ items: { x: ["holds"] } }),
      with: patient,
      given: [pool.enqueue("x"), pool.enqueue("y"), held(1), pass("1 second")],
      when: [shutdown, pool.enqueue("z"), release, up(), pool.status()],
      outcome: {
        answers: [
          "HostUnavailable",
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "@1s execution.succeeded ix attempt=1 runCount=1 durationMs=1000",
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
      name: "a shutdown interrupts an item after the grace period, and it runs again as the same attempt",
      jobs: aPool({ items: { x: ["holds"] } }),
      given: [pool.enqueue("x"), held(1), pass("1 second")],
      when: [shutdown, up(), pool.status()],
      outcome: {
        answers: [{ pending: 0, running: 0, deadLetters: 0, paused: false }],
        events: [
          "@1s execution.started ix trigger=item attempt=1 runCount=1 recovered",
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
      name: "after a shutdown nothing goes on",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 })],
      when: [shutdown, pass("5 minutes"), continuous.trigger()],
      outcome: {
        answers: ["HostUnavailable"],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "with the tracker away jobs go on, and events wait in the outbox",
      jobs: aContinuous(),
      when: [trackerAway, continuous.start({ n: 0 }), continuous.trigger(), continuous.getState()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { triggered: true, terminated: false, retryScheduled: false },
          { state: { n: 2 } }
        ],
        events: [],
        left: [
          "continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)",
          "outbox: 8"
        ]
      }
    },
    {
      name: "events of an outage come in order when the tracker is back",
      jobs: aDebounce(),
      given: [trackerAway, debounce.add({ add: 5 }), debounce.add({ add: 1 }), pass("10 seconds")],
      when: [trackerBack, pass("30 seconds")],
      outcome: {
        answers: [],
        events: [
          "job.created input={add:5}",
          "job.started input={add:5}",
          "debounce.event.added eventCount=1 flushAt=10s",
          "alarm.scheduled kind=flush scheduledFor=10s",
          "debounce.event.added eventCount=2 flushAt=10s",
          "@10s alarm.fired kind=flush scheduledFor=10s",
          "debounce.flush.triggered flush reason=timeout eventCount=2 windowMs=10000",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:6}",
          "job.completed reason=flushed runCount=1"
        ],
        left: []
      }
    },
    {
      name: "events outlive the process, and none is told twice",
      jobs: aTask(),
      given: [task.send({ add: 2 }), trackerAway, task.send({ add: 3 }), crash, pass("1 second"), trackerBack],
      when: [up()],
      outcome: {
        answers: [],
        events: [
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
      name: "events of what is gone are delivered like any others",
      jobs: aContinuous(),
      given: [trackerAway, continuous.start({ n: 0 }), continuous.terminate(), shutdown, trackerBack],
      when: [up(), continuous.status()],
      outcome: {
        answers: [{ status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s",
          "alarm.cancelled kind=schedule reason=terminated scheduledFor=60s",
          "job.terminated by=client runCount=1"
        ],
        left: []
      }
    }
  ]
}
