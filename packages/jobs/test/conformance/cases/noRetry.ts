import { Backoff } from "../../../src/index.ts"
import { continuous } from "../calls.ts"
import { held, hostFails, hostWorks, meanwhile, pass, release, type Table } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { getState, start, status, trigger } = continuous

/** Three attempts, 1 s and 2 s apart. */
const retry = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

export const noRetryTable: Table = {
  about: "failures without a policy, and failing hosts",
  cases: [
    {
      name: "without a retry policy a failure keeps the schedule, and the caller is told",
      jobs: aContinuous({ runs: ["fails"] }),
      when: [start({ n: 0 }), status(), getState()],
      outcome: {
        answers: [
          "ExecutionFailed continuous:job:a r1 attempts=1 TypeError(failure 1)",
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 },
          { state: { n: 0 } }
        ],
        events: [
          "job.created input={n:0}",
          "job.started input={n:0}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.failed r1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:0} willRetry=false",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:0} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "without a retry policy a failed trigger keeps the schedule, and the caller is told",
      jobs: aContinuous({ runs: ["works", "dies"] }),
      given: [start({ n: 0 })],
      when: [trigger()],
      outcome: {
        answers: ["ExecutionFailed continuous:job:a r2 attempts=1 TypeError(failure 1)"],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.failed r2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:1} willRetry=false",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=2 alarm(schedule@60s)"]
      }
    },
    {
      name: "without a retry policy a failed tick keeps the schedule",
      jobs: aContinuous({ runs: ["works", "fails"] }),
      given: [start({ n: 0 })],
      when: [pass("1 minute"), pass("1 minute")],
      outcome: {
        answers: [],
        events: [
          "@60s alarm.fired kind=schedule scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "execution.failed r2 attempt=1 runCount=2 error=TypeError(failure 1) preExecutionState={n:1} willRetry=false",
          "alarm.scheduled kind=schedule scheduledFor=120s",
          "@120s alarm.fired kind=schedule scheduledFor=120s",
          "execution.started r3 trigger=alarm attempt=1 runCount=3",
          "execution.succeeded r3 attempt=1 runCount=3 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=180s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=3 alarm(schedule@180s)"]
      }
    },
    {
      name: "a host that fails before a call has begun leaves nothing, and uses up no attempt",
      jobs: aContinuous({ retry }),
      when: [hostFails, start({ n: 0 }), hostWorks, status(), start({ n: 1 })],
      outcome: {
        answers: [
          "HostUnavailable",
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null },
          { instanceId: "continuous:job:a", created: true, status: "running" }
        ],
        events: [
          "job.created input={n:1}",
          "job.started input={n:1}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a host that fails at an outcome has the same attempt run again",
      jobs: aContinuous({ retry, runs: ["works", "holds"] }),
      given: [start({ n: 0 })],
      when: [meanwhile(trigger()), held(1), pass("1 second"), hostFails, release, hostWorks, pass("1 second")],
      outcome: {
        answers: ["HostUnavailable"],
        events: [
          "execution.started r2 trigger=trigger attempt=1 runCount=2",
          "@2s execution.started r2 trigger=trigger attempt=1 runCount=2 recovered",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)"],
        saw: [
          "execute r2 attempt=1 runCount=2 on {n:1}",
          "execute r2 attempt=1 runCount=2 on {n:1}",
          "execute r2 attempt=1 runCount=2 on {n:1}"
        ]
      }
    },
    {
      name: "a host that fails at a tick has the same tick run later",
      jobs: aContinuous({ retry, startImmediately: false }),
      given: [start({ n: 0 })],
      when: [hostFails, pass("1 minute"), hostWorks, pass("1 second")],
      outcome: {
        answers: [],
        events: [
          "@61s alarm.fired kind=schedule lateByMs=1000 scheduledFor=60s",
          "execution.started r1 trigger=alarm attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@120s)"],
        saw: [
          "execute r1 attempt=1 runCount=1 on {n:0}",
          "execute r1 attempt=1 runCount=1 on {n:0}"
        ]
      }
    }
  ]
}
