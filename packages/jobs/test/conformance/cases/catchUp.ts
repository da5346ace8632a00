import { continuous } from "../calls.ts"
import { crash, pass, shutdown, type Table, up } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { start, status } = continuous

/** Not up from 1 min 30 s to 4 min 30 s: three ticks are missed. */
const downtime = [start({ n: 0 }), pass("90 seconds"), shutdown, pass("3 minutes")]

export const catchUpTable: Table = {
  about: "missed ticks",
  cases: [
    {
      name: "skip: of ticks missed by a downtime none runs",
      jobs: aContinuous({ catchUp: "skip" }),
      given: downtime,
      when: [up(), status()],
      outcome: {
        answers: [{ status: "running", runCount: 2, attempt: 0, nextRunAt: 300000 }],
        events: ["@270s alarm.scheduled kind=schedule replaces=120s scheduledFor=300s"],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@300s)"]
      }
    },
    {
      name: "latest: one run stands for all ticks missed by a downtime",
      jobs: aContinuous({ catchUp: "latest" }),
      given: downtime,
      when: [up(), status()],
      outcome: {
        answers: [{ status: "running", runCount: 3, attempt: 0, nextRunAt: 300000 }],
        events: [
          "@270s alarm.fired kind=schedule lateByMs=150000 scheduledFor=120s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule scheduledFor=300s"
        ],
        left: ["continuous:job:a: running {n:3} runCount=3 alarm(schedule@300s)"]
      }
    },
    {
      name: "all: each tick missed by a downtime has its run, one after the other",
      jobs: aContinuous({ catchUp: "all" }),
      given: downtime,
      when: [up(), status()],
      outcome: {
        answers: [{ status: "running", runCount: 5, attempt: 0, nextRunAt: 300000 }],
        events: [
          "@270s alarm.fired kind=schedule lateByMs=150000 scheduledFor=120s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule scheduledFor=180s",
          "alarm.fired kind=schedule lateByMs=90000 scheduledFor=180s",
          "execution.started r4 trigger=alarm attempt=1 runCount=4",
          "execution.succeeded r4 attempt=1 runCount=4 preExecutionState={n:3}",
          "alarm.scheduled kind=schedule scheduledFor=240s",
          "alarm.fired kind=schedule lateByMs=30000 scheduledFor=240s",
          "execution.started r5 trigger=alarm attempt=1 runCount=5",
          "execution.succeeded r5 attempt=1 runCount=5 preExecutionState={n:4}",
          "alarm.scheduled kind=schedule scheduledFor=300s"
        ],
        left: ["continuous:job:a: running {n:5} runCount=5 alarm(schedule@300s)"]
      }
    },
    {
      name: "skip: of ticks that pass during a run none runs",
      jobs: aContinuous({ catchUp: "skip", runs: ["works", { takes: "150 seconds" }] }),
      given: [start({ n: 0 }), pass("1 minute")],
      when: [pass("150 seconds"), pass("30 seconds")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "@210s execution.succeeded r2 attempt=1 runCount=2 durationMs=150000 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=240s",
          "@240s alarm.fired kind=schedule scheduledFor=240s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule scheduledFor=300s"
        ],
        left: ["continuous:job:a: running {n:3} runCount=3 alarm(schedule@300s)"]
      }
    },
    {
      name: "latest: one run stands for all ticks that pass during a run",
      jobs: aContinuous({ catchUp: "latest", runs: ["works", { takes: "150 seconds" }] }),
      given: [start({ n: 0 }), pass("1 minute")],
      when: [pass("150 seconds"), pass("30 seconds")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "@210s execution.succeeded r2 attempt=1 runCount=2 durationMs=150000 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=180s",
          "alarm.fired kind=schedule lateByMs=30000 scheduledFor=180s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule scheduledFor=240s",
          "@240s alarm.fired kind=schedule scheduledFor=240s",
          "execution.started r4 trigger=alarm attempt=1 runCount=4",
          "execution.succeeded r4 attempt=1 runCount=4 preExecutionState={n:3}",
          "alarm.scheduled kind=schedule scheduledFor=300s"
        ],
        left: ["continuous:job:a: running {n:4} runCount=4 alarm(schedule@300s)"]
      }
    },
    {
      name: "all: each tick that passes during a run has its run",
      jobs: aContinuous({ catchUp: "all", runs: ["works", { takes: "150 seconds" }] }),
      given: [start({ n: 0 }), pass("1 minute")],
      when: [pass("150 seconds")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "@210s execution.succeeded r2 attempt=1 runCount=2 durationMs=150000 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=120s",
          "alarm.fired kind=schedule lateByMs=90000 scheduledFor=120s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule scheduledFor=180s",
          "alarm.fired kind=schedule lateByMs=30000 scheduledFor=180s",
          "execution.started r4 trigger=alarm attempt=1 runCount=4",
          "execution.succeeded r4 attempt=1 runCount=4 preExecutionState={n:3}",
          "alarm.scheduled kind=schedule scheduledFor=240s"
        ],
        left: ["continuous:job:a: running {n:4} runCount=4 alarm(schedule@240s)"]
      }
    },
    {
      name: "overdue alarms of many instances fire once each, in due order",
      jobs: aContinuous({ startImmediately: false }),
      given: [
        start({ n: 0 }, { id: "c" }),
        pass("1 second"),
        start({ n: 0 }, { id: "a" }),
        pass("1 second"),
        start({ n: 0 }, { id: "b" }),
        crash,
        pass("10 minutes")
      ],
      when: [up()],
      outcome: {
        answers: [],
        events: [
          "@602s c/ alarm.fired kind=schedule lateByMs=542000 scheduledFor=60s",
          "c/ execution.started r1 trigger=alarm attempt=1 runCount=1",
          "c/ execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "c/ alarm.scheduled kind=schedule scheduledFor=660s",
          "alarm.fired kind=schedule lateByMs=541000 scheduledFor=61s",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=661s",
          "b/ alarm.fired kind=schedule lateByMs=540000 scheduledFor=62s",
          "b/ execution.started r1 trigger=alarm attempt=1 runCount=1",
          "b/ execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "b/ alarm.scheduled kind=schedule scheduledFor=662s"
        ],
        left: [
          "continuous:job:a: running {n:1} runCount=1 alarm(schedule@661s)",
          "continuous:job:b: running {n:1} runCount=1 alarm(schedule@662s)",
          "continuous:job:c: running {n:1} runCount=1 alarm(schedule@660s)"
        ]
      }
    },
    {
      name: "overdue alarms run with bounded concurrency",
      jobs: aContinuous({ startImmediately: false, runs: [{ takes: "5 seconds" }, { takes: "5 seconds" }] }),
      with: { alarmConcurrency: 1 },
      given: [start({ n: 0 }), pass("1 second"), start({ n: 0 }, { id: "b" }), crash, pass("1 minute")],
      when: [up(), pass("5 seconds"), pass("5 seconds")],
      outcome: {
        answers: [],
        events: [
          "@61s alarm.fired kind=schedule lateByMs=1000 scheduledFor=60s",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "@66s execution.succeeded r1 attempt=1 runCount=1 durationMs=5000 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120s",
          "b/ alarm.fired kind=schedule lateByMs=5000 scheduledFor=61s",
          "b/ execution.started r1 trigger=alarm attempt=1 runCount=1",
          "@71s b/ execution.succeeded r1 attempt=1 runCount=1 durationMs=5000 preExecutionState={n:0}",
          "b/ alarm.scheduled kind=schedule scheduledFor=121s"
        ],
        left: [
          "continuous:job:a: running {n:1} runCount=1 alarm(schedule@120s)",
          "continuous:job:b: running {n:1} runCount=1 alarm(schedule@121s)"
        ]
      }
    }
  ]
}
