import { added, sent } from "../answers.ts"
import { continuous, debounce, pool, task } from "../calls.ts"
import { crash, held, meanwhile, pass, type Table, up } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask } from "../definitions.ts"

const once = { dedupeKey: "k" }

export const dedupeKeysTable: Table = {
  about: "dedupe keys: whose they are and how long",
  cases: [
    {
      name: "the same key with another body is a conflict",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }, once)],
      when: [continuous.start({ n: 1 }, once), continuous.getState()],
      outcome: {
        answers: [
          "DedupeConflict continuous:job:a start k",
          { state: { n: 1 } }
        ],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s) rows(dedupe=1)"]
      }
    },
    {
      name: "the same key with another event is a conflict",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }, once)],
      when: [debounce.add({ add: 6 }, once), debounce.status()],
      outcome: {
        answers: [
          "DedupeConflict debounce:job:a add k",
          { status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 }
        ],
        events: [],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@10s) buffer(1@0s) rows(dedupe=1)"]
      }
    },
    {
      name: "the same key with another item is a conflict",
      jobs: aPool(),
      given: [pool.enqueue("x", once)],
      when: [pool.enqueue("x", { ...once, priority: 1 }), pool.status()],
      outcome: {
        answers: [
          "DedupeConflict workerPool:job:0 enqueue k",
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [],
        left: ["workerPool:job:0: running runCount=1 pool(processed=1) rows(dedupe=1 item=1)"]
      }
    },
    {
      name: "a key is of one instance",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }, once)],
      when: [continuous.start({ n: 1 }, { ...once, id: "b" })],
      outcome: {
        answers: [{ instanceId: "continuous:job:b", created: true, status: "running" }],
        events: [
          "b/ job.created input={n:1}",
          "b/ job.started input={n:1}",
          "b/ execution.started r1 trigger=start attempt=1 runCount=1",
          "b/ execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:1}",
          "b/ alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: [
          "continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s) rows(dedupe=1)",
          "continuous:job:b: running {n:2} runCount=1 alarm(schedule@60s) rows(dedupe=1)"
        ]
      }
    },
    {
      name: "a key is of one method",
      jobs: aTask(),
      given: [task.send({ add: 5 }, once)],
      when: [task.trigger(once), task.terminate(once), task.terminate(once), task.discard(once)],
      outcome: {
        answers: [
          { instanceId: "task:job:a", triggered: true },
          { terminated: true },
          { terminated: true },
          { discarded: false }
        ],
        events: [
          "execution.started x1 trigger=trigger attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:5}",
          "job.terminated by=client runCount=2"
        ],
        left: ["task:job:a: rows(dedupe=4)"]
      }
    },
    {
      name: "a key outlives its incarnation",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }, once), continuous.terminate()],
      when: [continuous.start({ n: 0 }, once), continuous.status()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: [],
        left: ["continuous:job:a: rows(dedupe=1)"]
      }
    },
    {
      name: "a key outlives the process",
      jobs: aTask(),
      given: [task.send({ add: 5 }, once), crash, up()],
      when: [task.send({ add: 5 }, once), task.getState()],
      outcome: {
        answers: [
          sent({ created: true }),
          { state: { n: 5 } }
        ],
        events: [],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0) rows(dedupe=1)"]
      }
    },
    {
      name: "for 24 hours a key is kept",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }, once), pass("10 seconds"), pass("86389 seconds")],
      when: [debounce.add({ add: 5 }, once)],
      outcome: {
        answers: [added({ created: true, eventCount: 1, willFlushAt: 10000 })],
        events: [],
        left: ["debounce:job:a: rows(dedupe=1)"]
      }
    },
    {
      name: "after 24 hours a key is gone",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }, once), pass("24 hours")],
      when: [debounce.add({ add: 5 }, once)],
      outcome: {
        answers: [added({ created: true, eventCount: 1, willFlushAt: 86410000 })],
        events: [
          "@86400s job.created input={add:5}",
          "job.started input={add:5}",
          "debounce.event.added eventCount=1 flushAt=86410s",
          "alarm.scheduled kind=flush scheduledFor=86410s"
        ],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@86410s) buffer(1@86400s) rows(dedupe=1)"]
      }
    },
    {
      name: "nothing is left of a purged instance once its keys have expired",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }, once), continuous.terminate()],
      when: [pass("26 hours", 2)],
      outcome: {
        answers: [],
        events: [],
        left: []
      }
    },
    {
      name: "a repeat of a start that the crash cut off is answered by the run that goes on",
      jobs: aContinuous({ runs: ["holds"] }),
      given: [meanwhile(continuous.start({ n: 0 }, once)), held(1), pass("1 second"), crash],
      when: [up(), continuous.start({ n: 0 }, once), continuous.start({ n: 1 }, once), continuous.getState()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          "DedupeConflict continuous:job:a start k",
          { state: { n: 1 } }
        ],
        events: [
          "@1s execution.started r1 trigger=start attempt=1 runCount=1 recovered",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s) rows(dedupe=1)"],
        saw: ["execute r1 attempt=1 runCount=1 on {n:0}"]
      }
    },
    {
      name: "a repeat of a send that the crash cut off is answered by the run that goes on",
      jobs: aTask({ events: ["holds"] }),
      given: [meanwhile(task.send({ add: 5 }, once)), held(1), pass("1 second"), crash],
      when: [up(), task.send({ add: 5 }, once), task.getState()],
      outcome: {
        answers: [
          sent({ created: true }),
          { state: { n: 5 } }
        ],
        events: [
          "@1s execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent recovered",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0) rows(dedupe=1)"]
      }
    },
    {
      name: "a repeat of a flush that the crash cut off is answered by the run that goes on",
      jobs: aDebounce({ runs: ["holds"] }),
      given: [debounce.add({ add: 5 }), meanwhile(debounce.flush(once)), held(1), pass("1 second"), crash],
      when: [up(), debounce.flush(once)],
      outcome: {
        answers: [{ flushed: true, eventCount: 1, reason: "manual", retryScheduled: false }],
        events: [
          "@1s execution.started flush trigger=flush attempt=1 runCount=1 recovered",
          "execution.succeeded flush attempt=1 runCount=1 preExecutionState={n:5}",
          "alarm.cancelled kind=flush reason=flushed scheduledFor=10s",
          "job.completed reason=flushed runCount=1"
        ],
        left: ["debounce:job:a: rows(dedupe=1)"]
      }
    },
    {
      name: "a repeat of a trigger that the crash cut off is told of the failure of the run that goes on",
      jobs: aContinuous({ runs: ["works", "holds", "fails"] }),
      given: [continuous.start({ n: 0 }), meanwhile(continuous.trigger(once)), held(1), pass("1 second"), crash],
      when: [up(), continuous.trigger(once), continuous.trigger(once)],
      outcome: {
        answers: [
          "ExecutionFailed continuous:job:a r2 attempts=1 TypeError(failure 1)",
          "ExecutionFailed continuous:job:a r2 attempts=1 TypeError(failure 1)"
        ],
        events: [
          "@1s execution.started r2 trigger=trigger attempt=1 runCount=2 recovered",
          "execution.failed r2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:1} willRetry=false",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=2 alarm(schedule@60s) rows(dedupe=1)"]
      }
    }
  ]
}
