import { continuous } from "../calls.ts"
import { held, meanwhile, pass, release, type Table } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { getState, start, status, terminate, trigger } = continuous

export const runningTable: Table = {
  about: "handlers at work",
  cases: [
    {
      name: "handlers of one instance never overlap: none of four triggers at once is lost",
      jobs: aContinuous({ runs: ["works", { takes: "1 second" }, { takes: "1 second" }] }),
      given: [start({ n: 0 })],
      when: [meanwhile(trigger(), trigger(), trigger(), trigger()), pass("2 seconds", 2), getState()],
      outcome: {
        answers: [
          { triggered: true, terminated: false, retryScheduled: false },
          { triggered: true, terminated: false, retryScheduled: false },
          { triggered: true, terminated: false, retryScheduled: false },
          { triggered: true, terminated: false, retryScheduled: false },
          { state: { n: 5 } }
        ],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "@1s execution.succeeded r2 attempt=1 runCount=2 durationMs=1000 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s",
          "execution.started r3 trigger=trigger attempt=1 runCount=3",
          "@2s execution.succeeded r3 attempt=1 runCount=3 durationMs=1000 preExecutionState={n:2}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s",
          "execution.started r4 trigger=trigger attempt=1 runCount=4",
          "execution.succeeded r4 attempt=1 runCount=4 preExecutionState={n:3}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s",
          "execution.started r5 trigger=trigger attempt=1 runCount=5",
          "execution.succeeded r5 attempt=1 runCount=5 preExecutionState={n:4}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:5} runCount=5 alarm(schedule@60s)"],
        saw: [
          "execute r2 attempt=1 runCount=2 on {n:1}",
          "execute r3 attempt=1 runCount=3 on {n:2}",
          "execute r4 attempt=1 runCount=4 on {n:3}",
          "execute r5 attempt=1 runCount=5 on {n:4}"
        ]
      }
    },
    {
      name: "terminate stops a first run of which nothing is stored yet",
      jobs: aContinuous({ runs: ["holds"] }),
      when: [meanwhile(start({ n: 0 })), held(1), terminate(), status()],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { terminated: true },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "job.terminated by=client runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a run of more than 20 ms is told as begun, and reads see what was committed before it",
      jobs: aContinuous({ runs: ["works", "holds"] }),
      given: [start({ n: 0 })],
      when: [meanwhile(trigger()), held(1), pass("20 millis"), status(), getState()],
      outcome: {
        answers: [
          "waits",
          { status: "running", runCount: 2, attempt: 1, nextRunAt: 60000 },
          { state: { n: 1 } }
        ],
        events: ["execution.started r2 trigger=trigger attempt=1 runCount=2"],
        left: [
          "continuous:job:a: running {n:1} runCount=2 alarm(schedule@60s) execution(r2 trigger=trigger attempt=1 first@0s begun@0s) wakes@0s"
        ]
      }
    },
    {
      name: "until 20 ms have passed nothing is told of a run",
      jobs: aContinuous({ runs: ["works", "holds"] }),
      given: [start({ n: 0 })],
      when: [meanwhile(trigger()), held(1), pass("19 millis"), status()],
      outcome: {
        answers: [
          "waits",
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }
        ],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a long run tells how long it took, and a call that waits for it comes after it",
      jobs: aContinuous({ runs: ["holds"] }),
      when: [meanwhile(start({ n: 0 })), held(1), pass("3 seconds"), meanwhile(trigger()), release],
      outcome: {
        answers: [
          { instanceId: "continuous:job:a", created: true, status: "running" },
          { triggered: true, terminated: false, retryScheduled: false }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "@3s execution.succeeded r1 attempt=1 runCount=1 durationMs=3000 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)"]
      }
    },
    {
      name: "a call that waits for a running handler has no answer before it ends",
      jobs: aContinuous({ runs: ["holds"] }),
      when: [meanwhile(start({ n: 0 })), held(1), pass("1 second"), meanwhile(trigger(), start({ n: 9 }))],
      outcome: {
        answers: [
          "waits",
          "waits",
          { instanceId: "continuous:job:a", created: false, status: "running" }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 execution(r1 trigger=start attempt=1 first@0s begun@0s) wakes@0s"
        ]
      }
    },
    {
      name: "a handler that terminates ends the incarnation as completed",
      jobs: aContinuous({ runs: ["works", { terminates: "enough" }] }),
      given: [start({ n: 0 })],
      when: [trigger(), status()],
      outcome: {
        answers: [
          { triggered: true, terminated: true, retryScheduled: false },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1} terminated",
          "alarm.cancelled kind=schedule reason=terminated scheduledFor=60s",
          "job.completed reason=terminatedByHandler runCount=2",
          "job.terminated reason=enough by=handler runCount=2"
        ],
        left: []
      }
    },
    {
      name: "a handler that terminates in its first run has no alarm to cancel",
      jobs: aContinuous({ runs: ["terminates"] }),
      when: [start({ n: 0 })],
      outcome: {
        answers: [{ instanceId: "continuous:job:a", created: true, status: "notFound" }],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0} terminated",
          "job.completed reason=terminatedByHandler runCount=1",
          "job.terminated by=handler runCount=1"
        ],
        left: []
      }
    },
    {
      name: "a handler that terminates on its alarm",
      jobs: aContinuous({ runs: ["works", "terminates"] }),
      given: [start({ n: 0 })],
      when: [pass("1 minute"), pass("5 minutes")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1} terminated",
          "job.completed reason=terminatedByHandler runCount=2",
          "job.terminated by=handler runCount=2"
        ],
        left: []
      }
    },
    {
      name: "progress makes the attempt durable as begun",
      jobs: aContinuous({ runs: [{ progresses: 0.5 }] }),
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
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a client that terminates: alarm.cancelled, job.terminated, and the id may be used again",
      jobs: aContinuous(),
      given: [start({ n: 0 })],
      when: [terminate({ reason: "enough" }), terminate(), pass("5 minutes"), start({ n: 4 })],
      outcome: {
        answers: [
          { terminated: true, reason: "enough" },
          { terminated: false },
          { instanceId: "continuous:job:a", created: true, status: "running" }
        ],
        events: [
          "alarm.cancelled kind=schedule reason=terminated scheduledFor=60s",
          "job.terminated reason=enough by=client runCount=1",
          "@300s job.created input={n:4}",
          "job.started input={n:4}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:4}",
          "alarm.scheduled kind=schedule scheduledFor=360s"
        ],
        left: ["continuous:job:a: running {n:5} runCount=1 alarm(schedule@360s)"]
      }
    },
    {
      name: "terminate interrupts a running handler, and goes before those who wait",
      jobs: aContinuous({ runs: ["holds"] }),
      given: [meanwhile(start({ n: 0 })), held(1), pass("1 second")],
      when: [meanwhile(trigger()), terminate({ reason: "stop" }), status(), release],
      outcome: {
        answers: [
          { triggered: false, terminated: false, retryScheduled: false },
          { terminated: true, reason: "stop" },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: ["@1s job.terminated reason=stop by=client runCount=1"],
        left: []
      }
    },
    {
      name: "terminate before 20 ms have passed tells of the begin that it interrupts, too",
      jobs: aContinuous({ runs: ["works", "holds"] }),
      given: [start({ n: 0 }), meanwhile(trigger()), held(1)],
      when: [terminate(), status()],
      outcome: {
        answers: [
          { terminated: true },
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "alarm.cancelled kind=schedule reason=terminated scheduledFor=60s",
          "job.terminated by=client runCount=2"
        ],
        left: []
      }
    }
  ]
}
