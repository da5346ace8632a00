import { Continuous } from "../../../src/index.ts"
import { continuous } from "../calls.ts"
import { pass, shutdown, type Table, up } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { start, status, trigger } = continuous

const newYork = (expression: string) =>
  aContinuous({ startImmediately: false, schedule: Continuous.cron(expression, { zone: "America/New_York" }) })

export const schedulesTable: Table = {
  about: "schedules",
  cases: [
    {
      name: "an interval is anchored to the start, whatever a run takes",
      jobs: aContinuous({ runs: ["works", { takes: "20 seconds" }] }),
      given: [start({ n: 0 })],
      when: [pass("1 minute"), pass("20 seconds")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "@80s execution.succeeded r2 attempt=1 runCount=2 durationMs=20000 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@120s)"]
      }
    },
    {
      name: "a fixed delay is counted from the end of the run",
      jobs: aContinuous({
        schedule: Continuous.every("1 minute", { mode: "fixedDelay" }),
        runs: ["works", { takes: "20 seconds" }]
      }),
      given: [start({ n: 0 })],
      when: [pass("1 minute"), pass("20 seconds")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "@80s execution.succeeded r2 attempt=1 runCount=2 durationMs=20000 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=140s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@140s)"]
      }
    },
    {
      name: "a trigger between ticks leaves an interval where it is",
      jobs: aContinuous(),
      given: [start({ n: 0 }), pass("70 seconds")],
      when: [trigger()],
      outcome: {
        answers: [{ triggered: true, terminated: false, retryScheduled: false }],
        events: [
          "@70s execution.started r3 trigger=trigger attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule replaces=120s scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:3} runCount=3 alarm(schedule@120s)"]
      }
    },
    {
      name: "a trigger between ticks moves a fixed delay",
      jobs: aContinuous({ schedule: Continuous.every("1 minute", { mode: "fixedDelay" }) }),
      given: [start({ n: 0 }), pass("20 seconds")],
      when: [trigger()],
      outcome: {
        answers: [{ triggered: true, terminated: false, retryScheduled: false }],
        events: [
          "@20s execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=80s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@80s)"]
      }
    },
    {
      name: "cron in UTC",
      jobs: aContinuous({ startImmediately: false, schedule: Continuous.cron("30 9 * * *") }),
      when: [start({ n: 0 }), pass("570 minutes")],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=34200s",
          "@34200s alarm.fired kind=schedule scheduledFor=34200s",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120600s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@120600s)"]
      }
    },
    {
      name: "cron in a zone",
      jobs: newYork("0 9 * * MON-FRI"),
      when: [start({ n: 0 })],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=50400s"
        ],
        left: ["continuous:job:a: running {n:0} runCount=0 alarm(schedule@50400s)"]
      }
    },
    {
      name: "a time that clocks leave out comes as much later",
      jobs: newYork("30 2 26 4 *"),
      when: [start({ n: 0 })],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "running" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=1970-04-26T07:30:00Z"
        ],
        left: ["continuous:job:a: running {n:0} runCount=0 alarm(schedule@1970-04-26T07:30:00Z)"]
      }
    },
    {
      name: "a daily time that clocks show twice comes once",
      jobs: newYork("30 1 25,26 10 *"),
      given: [shutdown, pass("297 days"), up(), start({ n: 0 })],
      when: [pass("330 minutes"), status()],
      outcome: {
        answers: [{ status: "running", runCount: 1, attempt: 0, nextRunAt: 25770600000 }],
        events: [
          "@1970-10-25T05:30:00Z alarm.fired kind=schedule scheduledFor=1970-10-25T05:30:00Z",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=1970-10-26T06:30:00Z"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@1970-10-26T06:30:00Z)"]
      }
    },
    {
      name: "a time of every hour that clocks show twice comes twice",
      jobs: newYork("30 * 25 10 *"),
      given: [shutdown, pass("297 days"), pass("5 hours"), up(), start({ n: 0 })],
      when: [pass("90 minutes", 3)],
      outcome: {
        answers: [],
        events: [
          "@1970-10-25T05:30:00Z alarm.fired kind=schedule scheduledFor=1970-10-25T05:30:00Z",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=1970-10-25T06:30:00Z",
          "@1970-10-25T06:30:00Z alarm.fired kind=schedule scheduledFor=1970-10-25T06:30:00Z",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=1970-10-25T07:30:00Z"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@1970-10-25T07:30:00Z)"]
      }
    }
  ]
}
