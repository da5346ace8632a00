import { added, sent } from "../answers.ts"
import { continuous, debounce, pool, task } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask } from "../definitions.ts"

const once = { dedupeKey: "k" }

export const dedupeTable: Table = {
  about: "dedupe keys: a repeat",
  cases: [
    {
      name: "continuous: a repeat answers what the first was answered, and does nothing",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }, once)],
      when: [
        continuous.start({ n: 0 }, once),
        continuous.trigger(once),
        continuous.trigger(once),
        continuous.getState()
      ],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { triggered: true, terminated: false, retryScheduled: false },
          { triggered: true, terminated: false, retryScheduled: false },
          { state: { n: 2 } }
        ],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s) rows(dedupe=2)"]
      }
    },
    {
      name: "debounce: a repeat answers what the first was answered, and does nothing",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }, once)],
      when: [debounce.add({ add: 5 }, once), debounce.flush(once), debounce.flush(once)],
      outcome: {
        answers: [
          added({ created: true, eventCount: 1, willFlushAt: 10000 }),
          { flushed: true, eventCount: 1, reason: "manual", retryScheduled: false },
          { flushed: true, eventCount: 1, reason: "manual", retryScheduled: false }
        ],
        events: [
          "debounce.flush.triggered flush reason=manual eventCount=1 windowMs=0",
          "execution.started flush trigger=flush attempt=1 runCount=1",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: ["debounce:job:a: rows(dedupe=2)"]
      }
    },
    {
      name: "task: a repeat answers what the first was answered, and does nothing",
      jobs: aTask(),
      given: [task.send({ add: 5 }, once)],
      when: [task.send({ add: 5 }, once), task.trigger(once), task.trigger(once), task.getState()],
      outcome: {
        answers: [
          sent({ created: true }),
          { instanceId: "task:job:a", triggered: true },
          { instanceId: "task:job:a", triggered: true },
          { state: { n: 50 } }
        ],
        events: [
          "execution.started x1 trigger=trigger attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:5}"
        ],
        left: ["task:job:a: running {n:50} runCount=2 task(events=1 executes=1) rows(dedupe=2)"]
      }
    },
    {
      name: "worker pool: a repeat answers what the first was answered, and does nothing",
      jobs: aPool(),
      given: [pool.enqueue("x", once)],
      when: [pool.enqueue("x", once), pool.pause(once), pool.resume(), pool.pause(once), pool.status()],
      outcome: {
        answers: [
          { itemId: "x", position: 1, created: true },
          { paused: true },
          { resumed: true },
          { paused: true },
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [
          "pool.paused",
          "pool.resumed"
        ],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(dedupe=2 item=1)"]
      }
    },
    {
      name: "a concurrent repeat waits for the first, and answers as it",
      jobs: aContinuous({ runs: ["holds"] }),
      when: [
        meanwhile(continuous.start({ n: 0 }, once)),
        held(1),
        meanwhile(continuous.start({ n: 0 }, once)),
        release
      ],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { instanceId: "continuous:job:a", created: true, status: "running" }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s) rows(dedupe=1)"],
        saw: ["execute r1 attempt=1 runCount=1 on {n:0}"]
      }
    },
    {
      name: "a concurrent repeat has no answer before the first has",
      jobs: aContinuous({ runs: ["holds"] }),
      when: [
        meanwhile(continuous.start({ n: 0 }, once)),
        held(1),
        pass("1 second"),
        meanwhile(continuous.start({ n: 0 }, once))
      ],
      outcome: {
        answers: [
          "waits",
          "waits"
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 execution(r1 trigger=start attempt=1 first@0s begun@0s calls=1) wakes@0s rows(dedupe=1)"
        ]
      }
    },
    {
      name: "a failed run is answered as such again",
      jobs: aContinuous({ runs: ["works", "fails"] }),
      given: [continuous.start({ n: 0 }), continuous.trigger(once)],
      when: [continuous.trigger(once)],
      outcome: {
        answers: ["ExecutionFailed continuous:job:a r2 attempts=1 TypeError(failure 1)"],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=2 alarm(schedule@60s) rows(dedupe=1)"],
        saw: []
      }
    },
    {
      name: "a rejected input is not kept",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0.5 }, once)],
      when: [continuous.start({ n: 1 }, once)],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:1}",
          "job.started input={n:1}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=1 alarm(schedule@60s) rows(dedupe=1)"]
      }
    },
    {
      name: "a terminate and its repeat",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 })],
      when: [
        continuous.terminate({ ...once, reason: "stop" }),
        continuous.start({ n: 1 }),
        continuous.terminate({ ...once, reason: "stop" }),
        continuous.status()
      ],
      outcome: {
        answers: [
          { terminated: true, reason: "stop" },
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { terminated: true, reason: "stop" },
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }
        ],
        events: [
          "alarm.cancelled kind=schedule reason=terminated scheduledFor=60s",
          "job.terminated reason=stop by=client runCount=1",
          "job.created input={n:1}",
          "job.started input={n:1}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=1 alarm(schedule@60s) rows(dedupe=1)"]
      }
    },
    {
      name: "what was answered to nobody there is answered again",
      jobs: aTask(),
      when: [task.trigger(once), task.send({ add: 5 }), task.trigger(once)],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: false },
          sent({ created: true }),
          { instanceId: "task:job:a", triggered: false }
        ],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={add:5}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0) rows(dedupe=1)"]
      }
    }
  ]
}
