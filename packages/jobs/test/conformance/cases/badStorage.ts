import { added, sent } from "../answers.ts"
import { continuous, debounce, pool, task } from "../calls.ts"
import { pass, shutdown, type Table, up, wreck } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask, BigAdd, BigCount } from "../definitions.ts"

/** Another program, which knows no state below 100. */
const later = { stateSchema: BigCount }

export const badStorageTable: Table = {
  about: "what is stored and cannot be read",
  cases: [
    {
      name: "a continuous job whose state no longer fits is left alone, and no user code runs",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }), shutdown, up(aContinuous(later))],
      when: [
        pass("1 minute"),
        continuous.trigger(),
        continuous.getState(),
        continuous.status(),
        continuous.start({ n: 200 })
      ],
      outcome: {
        answers: [
          "StateUndecodable continuous:job:a",
          "StateUndecodable continuous:job:a",
          { status: "failed", runCount: 1, attempt: 0, nextRunAt: null },
          { instanceId: "continuous:job:a", created: false, status: "failed" }
        ],
        events: ["@60s alarm.fired kind=schedule scheduledFor=60s"],
        left: ["continuous:job:a: quarantined {n:1} runCount=1"],
        saw: []
      }
    },
    {
      name: "a continuous job goes on once its state fits again and somebody triggers it",
      jobs: aContinuous(),
      given: [
        continuous.start({ n: 0 }),
        shutdown,
        up(aContinuous(later)),
        pass("1 minute"),
        shutdown,
        up(aContinuous())
      ],
      when: [pass("1 minute"), continuous.trigger(), continuous.status()],
      outcome: {
        answers: [
          { triggered: true, terminated: false, retryScheduled: false },
          { status: "running", runCount: 2, attempt: 0, nextRunAt: 180000 }
        ],
        events: [
          "@120s execution.started r2 trigger=trigger attempt=1 runCount=2",
          "execution.succeeded r2 attempt=1 runCount=2 preExecutionState={n:1}",
          "alarm.scheduled kind=schedule scheduledFor=180s"
        ],
        left: ["continuous:job:a: running {n:2} runCount=2 alarm(schedule@180s)"]
      }
    },
    {
      name: "a debounce whose state no longer fits is left alone",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 }), shutdown, up(aDebounce(later))],
      when: [pass("10 seconds"), debounce.flush(), debounce.add({ add: 1 }), debounce.status(), debounce.getState()],
      outcome: {
        answers: [
          "StateUndecodable debounce:job:a",
          added({ eventCount: 1, willFlushAt: null, status: "failed" }),
          { status: "failed", eventCount: 1, startedAt: 0, willFlushAt: null },
          "StateUndecodable debounce:job:a"
        ],
        events: ["@10s alarm.fired kind=flush scheduledFor=10s"],
        left: ["debounce:job:a: quarantined {n:5} runCount=0 buffer(1@0s)"],
        saw: []
      }
    },
    {
      name: "a task whose state no longer fits is left alone",
      jobs: aTask(),
      given: [task.send({ add: 5 }), shutdown, up(aTask(later))],
      when: [task.send({ add: 1 }), task.trigger(), task.status(), task.getState(), task.send({ add: 1 })],
      outcome: {
        answers: [
          "StateUndecodable task:job:a",
          "StateUndecodable task:job:a",
          { status: "failed", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 },
          "StateUndecodable task:job:a",
          sent({ status: "failed" })
        ],
        events: [],
        left: ["task:job:a: quarantined {n:5} runCount=1 task(events=1 executes=0)"],
        saw: []
      }
    },
    {
      name: "what is left alone may be discarded",
      jobs: aTask(),
      given: [task.send({ add: 5 }), shutdown, up(aTask(later)), task.trigger()],
      when: [task.discard(), task.status()],
      outcome: {
        answers: [
          { discarded: true },
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: ["job.terminated by=discard runCount=1"],
        left: []
      }
    },
    {
      name: "what is left alone may be terminated",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }), shutdown, up(aContinuous(later)), pass("1 minute")],
      when: [continuous.terminate(), continuous.start({ n: 100 })],
      outcome: {
        answers: [
          { terminated: true },
          { instanceId: "continuous:job:a", created: true, status: "running" }
        ],
        events: [
          "@60s job.terminated by=client runCount=1",
          "job.created input={n:100}",
          "job.started input={n:100}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:100}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: ["continuous:job:a: running {n:101} runCount=1 alarm(schedule@120s)"]
      }
    },
    {
      name: "an item whose event no longer fits is a dead letter",
      jobs: aPool(),
      given: [
        pool.enqueue("x"),
        pool.pause(),
        pool.enqueue("y", { event: { add: 2 } }),
        shutdown,
        up(aPool({ eventSchema: BigAdd }))
      ],
      when: [pool.resume(), pool.status(), pool.deadLetters()],
      outcome: {
        answers: [
          { resumed: true },
          { pending: 0, running: 0, deadLetters: 1, paused: false },
          {
            items: [
              {
                itemId: "y",
                event: { add: 2 },
                error: {
                  name: "SchemaError",
                  message: "Expected a value greater than or equal to 100\n  at [\"add\"]"
                },
                attempts: 1,
                failedAt: 0,
                undecodable: "event.add: Expected a value greater than or equal to 100"
              }
            ],
            cursor: null
          }
        ],
        events: [
          "pool.resumed",
          "execution.started iy trigger=item attempt=1 runCount=2",
          "execution.failed iy attempt=1 runCount=2 error=SchemaError(Expected a value greater than or equal to 100) willRetry=false"
        ],
        left: ["workerPool:job:0: running runCount=2 pool(processed=2) rows(dead=1 item=2 tally=1)"],
        saw: ["onEmpty"]
      }
    },
    {
      name: "a record that nobody can read fails its calls, until it is terminated",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 }), wreck("continuous:job:a"), pass("1 minute")],
      when: [
        continuous.trigger(),
        continuous.status(),
        continuous.start({ n: 0 }),
        continuous.start({ n: 5 }, { id: "b" }),
        continuous.terminate(),
        continuous.start({ n: 7 })
      ],
      outcome: {
        answers: [
          "StateUndecodable continuous:job:a",
          "StateUndecodable continuous:job:a",
          "StateUndecodable continuous:job:a",
          { instanceId: "continuous:job:b", created: true, status: "running" },
          { terminated: true },
          { instanceId: "continuous:job:a", created: true, status: "running" }
        ],
        events: [
          "@60s b/ job.created input={n:5}",
          "b/ job.started input={n:5}",
          "b/ execution.started r1 trigger=start attempt=1 runCount=1",
          "b/ execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:5}",
          "b/ alarm.scheduled kind=schedule scheduledFor=120s",
          "job.created input={n:7}",
          "job.started input={n:7}",
          "execution.started r1 trigger=start attempt=1 runCount=1",
          "execution.succeeded r1 attempt=1 runCount=1 preExecutionState={n:7}",
          "alarm.scheduled kind=schedule scheduledFor=120s"
        ],
        left: [
          "continuous:job:a: running {n:8} runCount=1 alarm(schedule@120s)",
          "continuous:job:b: running {n:6} runCount=1 alarm(schedule@120s)"
        ]
      }
    }
  ]
}
