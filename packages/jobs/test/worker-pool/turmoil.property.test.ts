import { createInMemoryTracker, JobEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, type Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { HostUnavailable, JobsHost, type WorkerPoolContext } from "../../src/index.ts"
import { assertOrdered } from "../support/eventPath.ts"
import { type Storage, storages } from "../support/storages.ts"
import { type Job, openPool } from "./openPool.ts"

/** An item's event: a number whose digits say how long its attempts take, and which of them fail. */
const aboutItem = ({ n }: Job) => ({ ms: n * 37 % 3000, failures: n % 4 })

const itemId = fc.constantFrom("a", "b", "c", "d", "e")

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("enqueue" as const),
        itemId,
        n: fc.nat(999),
        partitionKey: fc.constantFrom(undefined, "p", "q"),
        priority: fc.nat(2)
      })
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "retryItem" as const), itemId }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "pause" as const,
          "resume" as const,
          "resume" as const,
          "drain" as const,
          "terminate" as const
        )
      })
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(2500) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("disk" as const), failsEvery: fc.constantFrom(0, 0, 1, 3) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("disk" as const), isSlow: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) }
  ),
  { minLength: 20, maxLength: 80, size: "max" }
)
type Step = typeof steps extends fc.Arbitrary<ReadonlyArray<infer S>> ? S : never

const turns = (times: number) => Effect.repeat(Effect.yieldNow, { times })

/** Lets so many seconds pass, with what is done in each. */
const seconds = (count: number) =>
  Effect.repeat(Effect.andThen(turns(100), TestClock.adjust("1 second")), { times: count })

/** A host whose disk may fail now and then, or take its time. */
const openTroubled = Effect.fnUntraced(function*(open: Storage["open"]) {
  const inner = Context.get(yield* Effect.flatMap(open, (layer) => Layer.build(layer)), JobsHost)
  const disk = { failsEvery: 0, isSlow: false }
  let calls = 0
  const troubled = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E | HostUnavailable> =>
    Effect.suspend(() => {
      calls += 1
      const fails = disk.failsEvery > 0 && calls % disk.failsEvery === 0
      const work: Effect.Effect<A, E | HostUnavailable> = fails
        ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
        : call
      return disk.isSlow ? Effect.andThen(turns(calls % 30), work) : work
    })
  const host = Layer.succeed(JobsHost, {
    ...inner,
    load: (id) => troubled(inner.load(id)),
    loadEntries: (id, range) => troubled(inner.loadEntries(id, range)),
    commit: (commit) => troubled(inner.commit(commit))
  })
  return { disk, host }
})

/** Items that note when too many run, or two of a partition. */
const watched = () => {
  const running: Array<string | undefined> = []
  const problems: Array<string> = []
  const execute = (event: Job, { attempt, partitionKey }: WorkerPoolContext) =>
    Effect.gen(function*() {
      if (partitionKey !== undefined && running.includes(partitionKey)) problems.push(`two of ${partitionKey} run`)
      running.push(partitionKey)
      if (running.length > 2) problems.push(`${running.length} run`)
      const { failures, ms } = aboutItem(event)
      if (ms % 2 === 0) yield* Effect.sleep(ms)
      if (attempt <= failures) return yield* Effect.fail("no")
    }).pipe(Effect.ensuring(Effect.sync(() => running.splice(running.indexOf(partitionKey), 1))))
  return { execute, problems }
}

/** What the events of an execution say about its end, if it is no proper one. */
const problemOf = (own: ReadonlyArray<JobEvent>, isTerminated: boolean): string | undefined => {
  const ends = own.filter(({ type }) => type === "execution.succeeded" || type === "pool.item.cancelled").length +
    own.filter((event) => event.type === "execution.failed" && !event.willRetry).length
  const isFine = own[0]?.type === "pool.item.enqueued" && (ends === 1 || (ends === 0 && isTerminated))
  return isFine ? undefined : own.map(({ type }) => type).join()
}

const play = Effect.fnUntraced(function*(open: Storage["open"], shards: number, steps: ReadonlyArray<Step>) {
  const { disk, host } = yield* openTroubled(open)
  const { execute, problems } = watched()
  const { handle, tracker } = yield* createInMemoryTracker()
  const given = { concurrency: 2, shards, execute, retry: { maxAttempts: 2, delay: "1 second" } } as const
  const begin = openPool(host, given, { gracePeriod: 100, tracker })
  let runtime = yield* begin
  const calls: Array<Fiber.Fiber<unknown, unknown>> = []
  const end = Effect.gen(function*() {
    const closing = yield* Effect.forkChild(runtime.close)
    for (let waited = 0; closing.pollUnsafe() === undefined && waited < 60; waited++) yield* seconds(1)
    if (closing.pollUnsafe() === undefined) problems.push("a shutdown hangs")
  })
  const call = (made: Effect.Effect<unknown, unknown>) =>
    Effect.flatMap(Effect.forkChild(Effect.exit(made)), (fiber) => {
      calls.push(fiber)
      return turns(calls.length % 40)
    })
  for (const step of steps) {
    const { pool } = runtime
    switch (step.do) {
      case "enqueue": {
        const { itemId, n, partitionKey, priority } = step
        yield* call(
          pool.enqueue({ event: { n }, itemId, priority, ...(partitionKey === undefined ? {} : { partitionKey }) })
        )
        break
      }
      case "cancel":
      case "retryItem":
        yield* call(pool[step.do]({ itemId: step.itemId }))
        break
      case "wait":
        yield* Effect.andThen(turns(step.ms % 50), TestClock.adjust(step.ms))
        break
      case "disk":
        Object.assign(disk, step)
        break
      case "restart":
        yield* end
        runtime = yield* begin
        break
      default:
        yield* call(pool[step.do]())
    }
  }
  Object.assign(disk, { failsEvery: 0, isSlow: false })
  yield* seconds(5)
  yield* runtime.pool.resume()
  yield* seconds(60)
  const hanging = calls.filter((fiber) => fiber.pollUnsafe() === undefined)
  if (hanging.length > 0) problems.push(`${hanging.length} calls hang`)
  const { pending, running } = yield* runtime.pool.status()
  if (pending + running > 0) problems.push(`${pending} are pending and ${running} running`)
  yield* end

  const told = new Map((yield* handle.getEvents()).filter(Schema.is(JobEvent)).map((event) => [event.eventId, event]))
  const events = [...told.values()].toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0))
  assertOrdered(events)
  for (const life of Map.groupBy(events, ({ incarnationId }) => incarnationId).values()) {
    const isTerminated = life.at(-1)?.type === "job.terminated"
    for (const [executionId, own] of Map.groupBy(life, ({ executionId }) => executionId)) {
      const problem = executionId === undefined ? undefined : problemOf(own, isTerminated)
      if (problem !== undefined) problems.push(`${executionId}: ${problem}`)
    }
  }
  assert.deepStrictEqual(problems, [], `after ${JSON.stringify(steps)}`)
})

describe.each(storages)("a pool on $name in turmoil", ({ open }) => {
  it.effect.each([1, 2])(
    "with %i shards loses no item, runs none beside its limits and tells each end once",
    (shards) =>
      Effect.gen(function*() {
        for (const given of fc.sample(steps, { numRuns: 30 })) yield* Effect.scoped(play(open, shards, given))
      })
  )
})
