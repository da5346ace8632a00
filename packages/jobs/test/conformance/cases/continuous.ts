import { continuous } from "../calls.ts"
import { meanwhile, pass, type Table } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { discard, getState, retry, start, status, terminate, trigger } = continuous

export const continuousTable: Table = {
  about: "continuous jobs",
  cases: [
    {
      name: "start runs at once and sets the alarm",
      jobs: aContinuous(),
      when: [start({ n: 0 }), status(), getState()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 },
          { state: { n: 1 } }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: ["execute r1 attempt=1 runCount=1 on {n:0}"],
        because: [
          "job.started < job.created",
          "execution.started < job.started",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "start that waits for its first tick only sets the alarm",
      jobs: aContinuous({ startImmediately: false }),
      when: [start({ n: 0 }), status()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { status: "running", runCount: 0, attempt: 0, nextRunAt: 60000 }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:0} runCount=0 alarm(schedule@60s)"],
        saw: []
      }
    },
    {
      name: "a tick runs: alarm.fired, the run, the next alarm",
      jobs: aContinuous({ startImmediately: false }),
      given: [start({ n: 0 })],
      when: [pass("1 minute"), status()],
      outcome: {
        answers: [{ status: "running", runCount: 1, attempt: 0, nextRunAt: 120000 }],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@120s)"],
        saw: ["execute r1 attempt=1 runCount=1 on {n:0}"]
      }
    },
    {
      name: "each tick is an execution of its own",
      jobs: aContinuous(),
      given: [start({ n: 0 })],
      when: [pass("3 minutes", 3), getState()],
      outcome: {
        answers: [{ state: { n: 4 } }],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=120s",
          "@120s alarm.fired kind=schedule scheduledFor=120s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule scheduledFor=180s",
          "@180s alarm.fired kind=schedule scheduledFor=180s",
          "execution.started r4 trigger=alarm attempt=1 runCount=4",
          "execution.succeeded r4 attempt=1 runCount=4 preExecutionState={n:3}",
          "alarm.scheduled kind=schedule scheduledFor=240s"
        ],
        left: ["continuous:job:a: running {n:4} runCount=4 alarm(schedule@240s)"],
        saw: [
          "execute r2 attempt=1 runCount=2 on {n:1}",
          "execute r3 attempt=1 runCount=3 on {n:2}",
          "execute r4 attempt=1 runCount=4 on {n:3}"
        ]
      }
    },
    {
      name: "trigger runs now and replaces the alarm",
      jobs: aContinuous(),
      given: [start({ n: 0 }), pass("20 seconds")],
      when: [trigger()],
      outcome: {
        answers: [{ triggered: true, terminated: false, retryScheduled: false }],
        events: [
          "@20s execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)"],
        saw: ["execute r2 attempt=1 runCount=2 on {n:1}"],
        because: ["execution.succeeded < execution.started"]
      }
    },
    {
      name: "a second start changes nothing and says nothing",
      jobs: aContinuous(),
      given: [start({ n: 0 })],
      when: [start({ n: 9 }), getState()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: false, status: "running" },
          { state: { n: 1 } }
        ],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "two starts at once create one instance",
      jobs: aContinuous(),
      when: [meanwhile(start({ n: 0 }), start({ n: 5 }))],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { instanceId: "continuous:job:a", created: false, status: "running" }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "asking a continuous job that does not exist is no error and leaves nothing",
      jobs: aContinuous(),
      when: [trigger(), terminate(), terminate({ reason: "gone" }), status(), getState(), retry(), discard()],
      outcome: {
        answers: [
          { triggered: false, terminated: false, retryScheduled: false },
          { terminated: false },
          { terminated: false },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null },
          { state: null },
          { retried: false },
          { discarded: false }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "instances are beside each other",
      jobs: aContinuous(),
      given: [start({ n: 0 })],
      when: [start({ n: 5 }, { id: "b" }), trigger(), status({ id: "b" })],
      outcome: {
        answers: [
          { instanceId: "continuous:job:b", created: true, status: "running" },
          { triggered: true, terminated: false, retryScheduled: false },
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }
        ],
        events: [
          "b/ job.created input={n:5}",
          "b/ job.started input={n:5}",
          "b/ execution.started r1 trigger=start attempt=1 runCount=1",
          "b/ execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:5}",
          "b/ alarm.scheduled kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: [
          "continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)",
          "continuous:job:b: running {n:6} runCount=1 alarm(schedule@60s)"
        ]
      }
    }
  ]
}
