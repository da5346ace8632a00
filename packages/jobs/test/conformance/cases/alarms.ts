import { continuous, debounce, task } from "../calls.ts"
import { alarm, hostFails, hostWorks, pass, type Table } from "../Case.ts"
import { aContinuous, aDebounce, aTask } from "../definitions.ts"

/** An alarm is due and not served, since the host has just failed. */
const dueAfter = (duration: "1 minute" | "10 seconds") => [hostFails, pass(duration), hostWorks]

const scheduling = aTask({ events: [{ schedules: "1 minute" }] })

export const alarmsTable: Table = {
  about: "alarms that a host brings late, early, twice or to nobody",
  cases: [
    {
      name: "continuous: an alarm of an earlier generation does nothing, though one is due",
      jobs: aContinuous({ startImmediately: false }),
      given: [continuous.start({ n: 0 }), ...dueAfter("1 minute")],
      when: [alarm("continuous:job:a", 1), continuous.status()],
      outcome: {
        answers: [{ status: "running", runCount: 0, attempt: 0, nextRunAt: 60000 }],
        events: [],
        left: ["continuous:job:a: running {n:0} runCount=0 alarm(schedule@60s)"]
      }
    },
    {
      name: "debounce: an alarm of an earlier generation does nothing, though one is due",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }), ...dueAfter("10 seconds")],
      when: [alarm("debounce:job:a", 1), debounce.status()],
      outcome: {
        answers: [{ status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 }],
        events: [],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@10s) buffer(1@0s)"]
      }
    },
    {
      name: "task: an alarm of an earlier generation does nothing, though one is due",
      jobs: scheduling,
      given: [task.send({ add: 2 }), ...dueAfter("1 minute")],
      when: [alarm("task:job:a", 1), task.status()],
      outcome: {
        answers: [{ status: "active", scheduledAt: 60000, createdAt: 0, eventCount: 1, executeCount: 0 }],
        events: [],
        left: ["task:job:a: running {n:2} runCount=1 alarm(task@60s) task(events=1 executes=0 scheduled@60s)"]
      }
    },
    {
      name: "continuous: an alarm before its time does nothing",
      jobs: aContinuous({ startImmediately: false }),
      given: [continuous.start({ n: 0 }), pass("59 seconds")],
      when: [alarm("continuous:job:a")],
      outcome: {
        answers: [],
        events: [],
        left: ["continuous:job:a: running {n:0} runCount=0 alarm(schedule@60s)"]
      }
    },
    {
      name: "debounce: an alarm before its time does nothing",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }), pass("4 seconds")],
      when: [alarm("debounce:job:a")],
      outcome: {
        answers: [],
        events: [],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@10s) buffer(1@0s)"]
      }
    },
    {
      name: "task: an alarm before its time does nothing",
      jobs: scheduling,
      given: [task.send({ add: 2 }), pass("59 seconds")],
      when: [alarm("task:job:a")],
      outcome: {
        answers: [],
        events: [],
        left: ["task:job:a: running {n:2} runCount=1 alarm(task@60s) task(events=1 executes=0 scheduled@60s)"]
      }
    },
    {
      name: "continuous: an alarm that is brought twice is one",
      jobs: aContinuous({ startImmediately: false }),
      given: [continuous.start({ n: 0 }), ...dueAfter("1 minute")],
      when: [alarm("continuous:job:a"), alarm("continuous:job:a")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@120s)"]
      }
    },
    {
      name: "task: an alarm that is brought twice is one",
      jobs: scheduling,
      given: [task.send({ add: 2 }), ...dueAfter("1 minute")],
      when: [alarm("task:job:a"), alarm("task:job:a")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=task scheduledFor=60s",
          "execution.started x1 trigger=alarm attempt=1 runCount=2",
          "task.idle x1 idleReason=execute",
          "execution.succeeded x1 attempt=1 runCount=2 preExecutionState={n:2}"
        ],
        left: ["task:job:a: running {n:20} runCount=2 task(events=1 executes=1)"]
      }
    },
    {
      name: "an alarm of nobody does nothing",
      jobs: aContinuous(),
      when: [alarm("continuous:job:a"), alarm("workerPool:job:0"), alarm("no instance")],
      outcome: {
        answers: [],
        events: [],
        left: []
      }
    }
  ]
}
