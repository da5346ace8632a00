import { continuous } from "../calls.ts"
import { crash, held, meanwhile, pass, type Table, up } from "../Case.ts"
import { aContinuous } from "../definitions.ts"

const { getState, start, status, trigger } = continuous

export const recoveryTable: Table = {
  about: "crashes",
  cases: [
    {
      name: "a call that the crash cut off before it was stored leaves nothing",
      jobs: aContinuous({ runs: ["holds"] }),
      given: [meanwhile(start({ n: 0 })), held(1), crash],
      when: [up(), status(), start({ n: 0 })],
      outcome: {
        answers: [
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null },
          { instanceId: "continuous:job:a", created: true, status: "running" }
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
      name: "a start that the crash cut off after it was stored runs again as the same attempt",
      jobs: aContinuous({ runs: ["holds"] }),
      given: [meanwhile(start({ n: 0 })), held(1), pass("1 second"), crash, pass("1 minute")],
      when: [up(), getState()],
      outcome: {
        answers: [{ state: { n: 1 } }],
        events: [
          "@61s execution.started r1 trigger=start attempt=1 runCount=1 recovered",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@120s)"],
        saw: ["execute r1 attempt=1 runCount=1 on {n:0}"],
        because: [
          "execution.started < execution.started",
          "execution.succeeded < execution.started"
        ]
      }
    },
    {
      name: "a trigger that the crash cut off runs again as the same attempt",
      jobs: aContinuous({ runs: ["works", "holds"] }),
      given: [start({ n: 0 }), meanwhile(trigger()), held(1), pass("1 second"), crash],
      when: [up(), getState()],
      outcome: {
        answers: [{ state: { n: 2 } }],
        events: [
          "@1s execution.started r2 trigger=trigger attempt=1 runCount=2 recovered",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule replaces=60s scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@60s)"],
        saw: ["execute r2 attempt=1 runCount=2 on {n:1}"]
      }
    },
    {
      name: "a tick that the crash cut off before it was stored fires again",
      jobs: aContinuous({ runs: ["works", "holds"] }),
      given: [start({ n: 0 }), pass("1 minute"), held(1), crash, pass("1 second")],
      when: [up()],
      outcome: {
        answers: [],
        events: [
          "@61s alarm.fired kind=schedule lateByMs=1000 scheduledFor=60s",
          "execution.started r2 trigger=alarm attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@120s)"],
        saw: ["execute r2 attempt=1 runCount=2 on {n:1}"]
      }
    },
    {
      name: "a tick that the crash cut off after it was stored runs again, and does not fire again",
      jobs: aContinuous({ runs: ["works", "holds"] }),
      given: [start({ n: 0 }), pass("1 minute"), held(1), pass("1 second"), crash],
      when: [up()],
      outcome: {
        answers: [],
        events: [
          "@61s execution.started r2 trigger=alarm attempt=1 runCount=2 recovered",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@120s)"],
        saw: ["execute r2 attempt=1 runCount=2 on {n:1}"]
      }
    },
    {
      name: "a retry that the crash cut off runs again as the same attempt",
      jobs: aContinuous({ retry: { maxAttempts: 3, delay: "1 second" }, runs: ["fails", "holds"] }),
      given: [start({ n: 0 }), pass("1 second"), held(1), pass("1 second"), crash],
      when: [up()],
      outcome: {
        answers: [],
        events: [
          "@2s execution.started r1 trigger=retry attempt=2 runCount=1 recovered",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=60s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"],
        saw: ["execute r1 attempt=2 runCount=1 on {n:0}"]
      }
    },
    {
      name: "a retry that waits goes on waiting after a crash",
      jobs: aContinuous({ retry: { maxAttempts: 3, delay: "1 minute" }, runs: ["fails"] }),
      given: [start({ n: 0 }), crash, pass("30 seconds"), up()],
      when: [status(), pass("30 seconds")],
      outcome: {
        answers: [{ status: "running", runCount: 1, attempt: 2, nextRunAt: 60000 }],
        events: [
          "@60s alarm.fired r1 kind=retry scheduledFor=60s",
          "retry.attempted r1 attempt=2 scheduledFor=60s",
          "execution.started r1 trigger=retry attempt=2 runCount=1",
          "execution.succeeded r1 attempt=2 runCount=1 preExecutionState={n:0}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@120s)"]
      }
    },
    {
      name: "an attempt that is cut off again and again keeps its number",
      jobs: aContinuous({ retry: { maxAttempts: 2, delay: "1 second" }, runs: ["holds", "holds", "fails"] }),
      given: [meanwhile(start({ n: 0 })), held(1), pass("1 second"), crash, up(), held(2), pass("1 second"), crash],
      when: [up(), status()],
      outcome: {
        answers: [{ status: "running", runCount: 1, attempt: 2, nextRunAt: 3000 }],
        events: [
          "@2s execution.started r1 trigger=start attempt=1 runCount=1 recovered",
          "execution.failed r1 attempt=1 runCount=1 error=TypeError(failure 1) preExecutionState={n:0} willRetry",
          "alarm.scheduled r1 kind=retry scheduledFor=3s",
          "retry.scheduled r1 attempt=2 delayMs=1000 error=TypeError(failure 1) retryAt=3s"
        ],
        left: [
          "continuous:job:a: running {n:0} runCount=1 alarm(retry@3s) execution(r1 trigger=start attempt=2 first@0s last=TypeError(failure 1))"
        ],
        saw: ["execute r1 attempt=1 runCount=1 on {n:0}"]
      }
    }
  ]
}
