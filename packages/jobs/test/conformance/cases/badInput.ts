import { sent } from "../answers.ts"
import { continuous, debounce, pool, task } from "../calls.ts"
import { type Table } from "../Case.ts"
import { aContinuous, aDebounce, aPool, aTask } from "../definitions.ts"

export const badInputTable: Table = {
  about: "bad input",
  cases: [
    {
      name: "a name that no definition has, or one of another type",
      jobs: { job: aContinuous(), other: aTask() },
      when: [
        continuous.start({ n: 0 }, { name: "nobody" }),
        continuous.status({ name: "other" }),
        debounce.add({ add: 1 }),
        task.send({ add: 1 }),
        pool.enqueue("x"),
        pool.status()
      ],
      outcome: {
        answers: [
          "JobNotFound continuous nobody, known: job",
          "JobNotFound continuous other, known: job",
          "JobNotFound debounce job, known: ",
          "JobNotFound task job, known: other",
          "JobNotFound workerPool job, known: ",
          "JobNotFound workerPool job, known: "
        ],
        events: [],
        left: []
      }
    },
    {
      name: "a bad input of a start leaves nothing and says nothing",
      jobs: aContinuous(),
      when: [continuous.start({ n: 0.5 }), continuous.start("none"), continuous.start(undefined), continuous.status()],
      outcome: {
        answers: [
          "InvalidInput continuous:job:a input.n",
          "InvalidInput continuous:job:a input",
          "InvalidInput continuous:job:a input",
          { status: "notFound", runCount: 0, attempt: 0, nextRunAt: null }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "a bad input of a second start changes nothing",
      jobs: aContinuous(),
      given: [continuous.start({ n: 0 })],
      when: [continuous.start({ n: "many" }), continuous.status()],
      outcome: {
        answers: [
          "InvalidInput continuous:job:a input.n",
          { status: "running", runCount: 1, attempt: 0, nextRunAt: 60000 }
        ],
        events: [],
        left: ["continuous:job:a: running {n:1} runCount=1 alarm(schedule@60s)"]
      }
    },
    {
      name: "a bad first event of a debounce leaves nothing and says nothing",
      jobs: aDebounce(),
      when: [debounce.add({ add: "much" }), debounce.add({}), debounce.status()],
      outcome: {
        answers: [
          "InvalidInput debounce:job:a event.add",
          "InvalidInput debounce:job:a event.add",
          { status: "notFound", eventCount: 0, startedAt: null, willFlushAt: null }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "a bad later event of a debounce changes nothing",
      jobs: aDebounce(),
      given: [debounce.add({ add: 5 })],
      when: [debounce.add({ add: 0.5 }), debounce.status()],
      outcome: {
        answers: [
          "InvalidInput debounce:job:a event.add",
          { status: "debouncing", eventCount: 1, startedAt: 0, willFlushAt: 10000 }
        ],
        events: [],
        left: ["debounce:job:a: running {n:5} runCount=0 alarm(flush@10s) buffer(1@0s)"]
      }
    },
    {
      name: "a bad first event of a task leaves nothing and says nothing",
      jobs: aTask(),
      when: [task.send({ add: null }), task.status()],
      outcome: {
        answers: [
          "InvalidInput task:job:a event.add",
          { status: "notFound", scheduledAt: null, createdAt: null, eventCount: 0, executeCount: 0 }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "a bad later event of a task changes nothing",
      jobs: aTask(),
      given: [task.send({ add: 5 })],
      when: [task.send([1]), task.status()],
      outcome: {
        answers: [
          "InvalidInput task:job:a event",
          { status: "idle", scheduledAt: null, createdAt: 0, eventCount: 1, executeCount: 0 }
        ],
        events: [],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0)"]
      }
    },
    {
      name: "a bad item leaves nothing and says nothing",
      jobs: aPool(),
      when: [
        pool.enqueue("x", { event: { add: "much" } }),
        pool.enqueue("", {}),
        pool.enqueue("x", { partitionKey: "" }),
        pool.enqueue("x", { priority: 0.5 }),
        pool.cancel(""),
        pool.deadLetters({ limit: 0 }),
        pool.deadLetters({ cursor: "no page" }),
        pool.status()
      ],
      outcome: {
        answers: [
          "InvalidInput workerPool:job:0 event.add",
          "InvalidInput workerPool:job itemId",
          "InvalidInput workerPool:job partitionKey",
          "InvalidInput request priority",
          "InvalidInput workerPool:job itemId",
          "InvalidInput request limit",
          "InvalidInput workerPool:job cursor",
          { pending: 0, running: 0, deadLetters: 0, paused: false }
        ],
        events: [],
        left: []
      }
    },
    {
      name: "a bad id or dedupe key",
      jobs: aContinuous(),
      when: [
        continuous.start({ n: 0 }, { id: "" }),
        continuous.start({ n: 0 }, { id: "x".repeat(300) }),
        continuous.start({ n: 0 }, { dedupeKey: "" }),
        continuous.start({ n: 0 }, { dedupeKey: "k".repeat(256) })
      ],
      outcome: {
        answers: [
          "InvalidInput continuous:job id",
          "InvalidInput continuous:job id",
          "InvalidInput request dedupeKey",
          "InvalidInput request dedupeKey"
        ],
        events: [],
        left: []
      }
    },
    {
      name: "payloads are redacted before they are stored, and large ones are told by their size",
      jobs: aTask(),
      with: {
        redact: (field, value) => field === "event" ? "x".repeat(40_000) : field === "preExecutionState" ? "***" : value
      },
      when: [task.send({ add: 5 })],
      outcome: {
        answers: [sent({ created: true })],
        events: [
          "job.created",
          "job.started",
          "task.event.received e1 eventCount=1 event={truncated:true,bytes:40002}",
          "execution.started e1 trigger=event attempt=1 runCount=1 handler=onEvent",
          "task.idle e1 idleReason=onEvent",
          "execution.succeeded e1 attempt=1 runCount=1 preExecutionState=***",
          "task.event.processed e1 eventCount=1 ok"
        ],
        left: ["task:job:a: running {n:5} runCount=1 task(events=1 executes=0)"]
      }
    }
  ]
}
