import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Layer } from "effect"
import { TestClock } from "effect/testing"
import type { HostUnavailable, JobsError, JobsHost } from "../../src/index.ts"
import type { TypedJobsClient } from "../../src/TypedJobsClient.ts"
import { makeCutOffJobs } from "../support/cutOff.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"
import { until } from "../support/until.ts"

type Jobs = ReturnType<typeof makeCutOffJobs>
type Client = TypedJobsClient<Jobs["registry"]["definitions"]>

interface Case {
  readonly name: string
  /** What has happened before, with the failures that it takes. */
  readonly before?: (client: Client, orders: Jobs["orders"]) => Effect.Effect<unknown, JobsError>
  readonly call: (client: Client) => Effect.Effect<unknown, JobsError>
  /** Whether the run fails. */
  readonly fails?: true
  /** All that the call may have changed. */
  readonly look: (client: Client) => Effect.Effect<unknown, JobsError>
}

const id = "a"
const dedupeKey = "k"
const input = { n: 0 }

/** A failure that is kept, for `retry`. */
const failing = (orders: Jobs["orders"], call: Effect.Effect<unknown, JobsError>) =>
  Effect.gen(function*() {
    orders.fails = true
    yield* Effect.exit(call)
    orders.fails = false
  })

const lookAt = (name: "count" | "countAgain" | "countKept", at = id) => (client: Client) =>
  Effect.all([
    Effect.map(client.continuous(name).status({ id: at }), ({ nextRunAt: _at, ...status }) => status),
    client.continuous(name).getState({ id: at })
  ])
const lookAtBuffer = (name: "gather" | "gatherAgain" | "gatherKept") => (client: Client) =>
  Effect.all([
    Effect.map(client.debounce(name).status({ id }), ({ startedAt: _at, ...status }) => status),
    client.debounce(name).getState({ id })
  ])
const lookAtTask = (name: "add" | "addAgain" | "addKept") => (client: Client) =>
  Effect.all([
    Effect.map(client.task(name).status({ id }), ({ createdAt: _at, ...status }) => status),
    client.task(name).getState({ id })
  ])

const cases: ReadonlyArray<Case> = [
  {
    name: "start",
    call: ({ continuous }) => continuous("count").start({ id, input, dedupeKey }),
    look: lookAt("count")
  },
  {
    name: "start, failing for good",
    call: ({ continuous }) => continuous("count").start({ id, input, dedupeKey }),
    fails: true,
    look: lookAt("count")
  },
  {
    name: "start, to be retried",
    call: ({ continuous }) => continuous("countAgain").start({ id, input, dedupeKey }),
    fails: true,
    look: lookAt("countAgain")
  },
  {
    name: "start, ended by its handler",
    call: ({ continuous }) => continuous("count").start({ id: "ends", input, dedupeKey }),
    look: lookAt("count", "ends")
  },
  {
    name: "trigger",
    before: ({ continuous }) => continuous("count").start({ id, input }),
    call: ({ continuous }) => continuous("count").trigger({ id, dedupeKey }),
    look: lookAt("count")
  },
  {
    name: "trigger, to be retried",
    before: ({ continuous }) => continuous("countAgain").start({ id, input }),
    call: ({ continuous }) => continuous("countAgain").trigger({ id, dedupeKey }),
    fails: true,
    look: lookAt("countAgain")
  },
  {
    name: "retry",
    before: ({ continuous }, orders) => failing(orders, continuous("countKept").start({ id, input })),
    call: ({ continuous }) => continuous("countKept").retry({ id, dedupeKey }),
    look: lookAt("countKept")
  },
  {
    name: "retry, failing for good again",
    before: ({ continuous }, orders) => failing(orders, continuous("countKept").start({ id, input })),
    call: ({ continuous }) => continuous("countKept").retry({ id, dedupeKey }),
    fails: true,
    look: lookAt("countKept")
  },
  {
    name: "add that flushes",
    before: ({ debounce }) => debounce("gather").add({ id, event: 1 }),
    call: ({ debounce }) => debounce("gather").add({ id, event: 2, dedupeKey }),
    look: lookAtBuffer("gather")
  },
  {
    name: "add that flushes, to be retried",
    before: ({ debounce }) => debounce("gatherAgain").add({ id, event: 1 }),
    call: ({ debounce }) => debounce("gatherAgain").add({ id, event: 2, dedupeKey }),
    fails: true,
    look: lookAtBuffer("gatherAgain")
  },
  {
    name: "flush",
    before: ({ debounce }) => debounce("gather").add({ id, event: 1 }),
    call: ({ debounce }) => debounce("gather").flush({ id, dedupeKey }),
    look: lookAtBuffer("gather")
  },
  {
    name: "flush, failing for good",
    before: ({ debounce }) => debounce("gather").add({ id, event: 1 }),
    call: ({ debounce }) => debounce("gather").flush({ id, dedupeKey }),
    fails: true,
    look: lookAtBuffer("gather")
  },
  {
    name: "retry of a flush",
    before: ({ debounce }, orders) =>
      Effect.andThen(
        debounce("gatherKept").add({ id, event: 1 }),
        failing(orders, debounce("gatherKept").flush({ id }))
      ),
    call: ({ debounce }) => debounce("gatherKept").retry({ id, dedupeKey }),
    look: lookAtBuffer("gatherKept")
  },
  {
    name: "send, the first",
    call: ({ task }) => task("add").send({ id, event: 1, dedupeKey }),
    look: lookAtTask("add")
  },
  {
    name: "send, a later one",
    before: ({ task }) => task("add").send({ id, event: 1 }),
    call: ({ task }) => task("add").send({ id, event: 2, dedupeKey }),
    look: lookAtTask("add")
  },
  {
    name: "send, failing for good",
    before: ({ task }) => task("add").send({ id, event: 1 }),
    call: ({ task }) => task("add").send({ id, event: 2, dedupeKey }),
    fails: true,
    look: lookAtTask("add")
  },
  {
    name: "send, to be retried",
    before: ({ task }) => task("addAgain").send({ id, event: 1 }),
    call: ({ task }) => task("addAgain").send({ id, event: 2, dedupeKey }),
    fails: true,
    look: lookAtTask("addAgain")
  },
  {
    name: "trigger of a task",
    before: ({ task }) => task("add").send({ id, event: 1 }),
    call: ({ task }) => task("add").trigger({ id, dedupeKey }),
    look: lookAtTask("add")
  },
  {
    name: "retry of a task",
    before: ({ task }, orders) => failing(orders, task("addKept").send({ id, event: 1 })),
    call: ({ task }) => task("addKept").retry({ id, dedupeKey }),
    look: lookAtTask("addKept")
  }
]

const gracePeriod = 10

/** The answer or the error, as JSON. */
const answerOf = (exit: Exit.Exit<unknown, JobsError>) =>
  Exit.match(exit, {
    onSuccess: (answer) => ({ answer }),
    onFailure: (cause) => ({
      failed: cause.reasons.map((reason) =>
        reason._tag === "Fail" && reason.error._tag === "ExecutionFailed"
          ? { attempts: reason.error.attempts, message: reason.error.message }
          : reason
      )
    })
  })

type Host = Layer.Layer<JobsHost, HostUnavailable>

/** The call, cut off by the end of its runtime when its begin is stored. */
const cutOff = Effect.fnUntraced(function*(host: Host, jobs: Jobs, { before, call }: Case) {
  const runtime = yield* openRuntime(jobs.registry, host, { gracePeriod })
  if (before !== undefined) yield* before(runtime.client, jobs.orders)
  const from = jobs.begun.length
  jobs.orders.hangs = true
  const first = yield* Effect.forkChild(Effect.exit(call(runtime.client)), { startImmediately: true })
  yield* until(Effect.sync(() => jobs.begun.length > from))
  yield* TestClock.adjust("20 millis")
  const close = yield* Effect.forkChild(runtime.close, { startImmediately: true })
  yield* TestClock.adjust(gracePeriod)
  yield* Fiber.join(close)
  assert.isTrue(Exit.isFailure(yield* Fiber.join(first)))
  assert.lengthOf(jobs.begun.slice(from), 1, "user code has begun")
  jobs.orders.hangs = false
  return from
})

/** What the call answers and leaves, had nothing happened to it. */
const undisturbed = Effect.fnUntraced(function*(host: Host, { before, call, fails, look }: Case) {
  const jobs = makeCutOffJobs()
  const runtime = yield* openRuntime(jobs.registry, host)
  if (before !== undefined) yield* before(runtime.client, jobs.orders)
  jobs.orders.fails = fails === true
  // As late as the run is that makes up for the one that was cut off.
  yield* TestClock.adjust(20 + gracePeriod)
  const answer = answerOf(yield* Effect.exit(call(runtime.client)))
  const left = yield* look(runtime.client)
  yield* runtime.close
  return { answer, left }
})

describe.each(storages)("a call whose run was cut off, on $name", ({ open }) => {
  const assertOnce = Effect.fnUntraced(function*(given: Case, isServed: boolean) {
    const expected = yield* Effect.flatMap(open, (host) => undisturbed(host, given)).pipe(
      Effect.provide(TestClock.layer())
    )
    const host = yield* open
    const jobs = makeCutOffJobs()
    const from = yield* cutOff(host, jobs, given)
    jobs.orders.fails = given.fails === true
    // Without an alarm that is served it is the repeat that has to see to the run.
    const runtime = yield* openRuntime(jobs.registry, host, isServed ? {} : { alarmConcurrency: 0 })
    if (isServed) yield* TestClock.adjust(0)
    else assert.lengthOf(jobs.begun.slice(from), 1)
    for (let time = 0; time < 2; time++) {
      assert.deepStrictEqual(answerOf(yield* Effect.exit(given.call(runtime.client))), expected.answer)
    }
    assert.deepStrictEqual(yield* given.look(runtime.client), expected.left)
    const [first, ...again] = jobs.begun.slice(from)
    assert.deepStrictEqual(again, [first])
    const told = (yield* runtime.events).filter(({ type }) => type === "execution.started")
    assert.deepStrictEqual(told.map((event) => event.executionId), [first])
  })

  it.effect.each(cases)(
    "$name: a repeat after a restart is answered as the first would have been",
    (given) => assertOnce(given, true)
  )

  it.effect.each(cases)(
    "$name: a repeat that comes before the alarm sees to the run",
    (given) => assertOnce(given, false)
  )
})
