import { continuous, debounce, pool, task } from "../calls.ts"
import { type Table } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask } from "../definitions.ts"

const { start, trigger } = continuous

export const fromInsideTable: Table = {
  about: "calls from inside of handlers",
  cases: [
    {
      name: "a job that starts another one is its parent, and its attempt is stored before",
      jobs: {
        job: aContinuous({ runs: [{ calls: start({ n: 7 }, { name: "child", id: "b" }) }] }),
        child: aContinuous()
      },
      when: [start({ n: 0 })],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "child:b/ job.created input={n:7} parentIncarnationId=#1",
          "child:b/ job.started input={n:7} parentIncarnationId=#1",
          "child:b/ execution.started r1 trigger=start attempt=1 runCount=1 parentIncarnationId=#1",
          "child:b/ execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:7} parentIncarnationId=#1",
          "child:b/ alarm.scheduled kind=schedule scheduledFor=60s parentIncarnationId=#1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: [
          "continuous:child:b: running {n:8} runCount=1 alarm(schedule@60s)",
          "continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"
        ],
        saw: [
          "execute r1 attempt=1 runCount=1 on {n:0}",
          "b/ execute r1 attempt=1 runCount=1 on {n:7}",
          "continuous.start: {instanceId:continuous:child:b,created:true,status:running}"
        ]
      }
    },
    {
      name: "a handler that would wait for itself is refused",
      jobs: aContinuous({ runs: [{ calls: trigger() }] }),
      when: [start({ n: 0 })],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: [
          "execute r1 attempt=1 runCount=1 on {n:0}",
          "continuous.trigger: InvalidInput"
        ]
      }
    },
    {
      name: "a handler that starts its own instance again changes nothing",
      jobs: aContinuous({ runs: [{ calls: start({ n: 9 }) }] }),
      when: [start({ n: 0 })],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: [
          "execute r1 attempt=1 runCount=1 on {n:0}",
          "continuous.start: {instanceId:continuous:job:a,created:false,status:running}"
        ]
      }
    },
    {
      name: "jobs of all types that a job asks are its children",
      jobs: {
        job: aContinuous({
          runs: [
            { calls: debounce.add({ add: 1 }, { name: "collect" }) },
            { calls: task.send({ add: 2 }, { name: "review" }) },
            { calls: pool.enqueue("x", { name: "check" }) }
          ]
        }),
        collect: aDebounce(),
        review: aTask(),
        check: aPool()
      },
      when: [start({ n: 0 }), trigger(), trigger()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { triggered: true, terminated: false, retryScheduled: false },
          { triggered: true, terminated: false, retryScheduled: false }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "collect:a/ job.created input={add:1} parentIncarnationId=#1",
          "collect:a/ job.started input={add:1} parentIncarnationId=#1",
          "collect:a/ debounce.event.added eventCount=1 flushAt=10s parentIncarnationId=#1",
          "collect:a/ alarm.scheduled kind=flush scheduledFor=10s parentIncarnationId=#1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "review:a/ job.created parentIncarnationId=#1",
          "review:a/ job.started parentIncarnationId=#1",
          "review:a/ task.event.received e1 eventCount=1 event={add:2} parentIncarnationId=#1",
          "review:a/ execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent parentIncarnationId=#1",
          "review:a/ task.idle e1 idleReason=onEvent parentIncarnationId=#1",
          "review:a/ execution.succeeded e1 attempt=1 runCount=1 preExecutionState=null parentIncarnationId=#1",
          "review:a/ task.event.processed e1 eventCount=1 ok parentIncarnationId=#1",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s",
          "execution.started r3 trigger=trigger attempt=1 runCount=3",
          "check:0/ job.created parentIncarnationId=#1",
          "check:0/ job.started parentIncarnationId=#1",
          "check:0/ pool.item.enqueued ix itemId=x depth=1 priority=0 parentIncarnationId=#1",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s",
          "check:0/ execution.started ix trigger=item attempt=1 runCount=1 parentIncarnationId=#1",
          "check:0/ execution.succeeded ix attempt=1 runCount=1 parentIncarnationId=#1"
        ],
        left: [
          "continuous:job:a: running {n:3} runCount=3 alarm(schedule@60s)",
          "debounce:collect:a: running {n:1} runCount=0 alarm(flush@10s) buffer(1@0s)",
          "task:review:a: running {n:2} runCount=1 task(events=1 executes=0)",
          "workerPool:check:0: running runCount=1 pool(processed=1) rows(item=1)"
        ]
      }
    }
  ]
}
