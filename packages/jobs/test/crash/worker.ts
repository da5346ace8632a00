/**
 * The program that is killed. Its one argument is its `Orders` as JSON. It repeats the calls that have had no answer, then
 * makes random ones for as long as it lives, and tells each `Line` before it goes on, so that a kill loses none.
 */
import { EventTracker, JobEvent, noopTracker } from "@durable-effect/core"
import { Effect, Layer, ManagedRuntime, Predicate, Random, Schema } from "effect"
import { writeSync } from "node:fs"
import { JobsClient, JobsHost, JobsRuntime } from "../../src/index.ts"
import { typedJobsClient } from "../../src/TypedJobsClient.ts"
import type { Line, Orders, Point } from "./Line.ts"
import { callNamed, makeRegistry, stories, storyNames } from "./stories.ts"

const orders: Orders = JSON.parse(process.argv[2] ?? "")

const isFull = (error: unknown) => Predicate.hasProperty(error, "code") && error.code === "EAGAIN"

/** The pipe may be full for a moment: whoever reads it is busy. */
const write = (bytes: Uint8Array): number => {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (!isFull(error)) throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}

const tell = (line: Line) => {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`)
  while (rest.length > 0) rest = rest.subarray(write(rest))
}

let times = 0

/** Where it is told to, it stands still: nothing in this process goes on, and only a kill ends it. */
const come = (to: Point) =>
  Effect.sync(() => {
    if (orders.stop?.at !== to) return
    times += 1
    if (times < orders.stop.nth) return
    tell({ at: to })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })

/** What a shard's record says while it is being ended. */
const comeToEnds = (record: string | null) =>
  Effect.andThen(
    record?.includes(`"draining":true`) === true ? come("while a pool is drained") : Effect.void,
    record?.includes(`"terminating":{`) === true ? come("while a pool is terminated") : Effect.void
  )

const host = Layer.effect(
  JobsHost,
  Effect.map(JobsHost, (host) => ({
    ...host,
    commit: (commit) =>
      come("before a commit").pipe(
        Effect.andThen(host.commit(commit)),
        Effect.andThen(comeToEnds(commit.record)),
        Effect.andThen(come("after a commit"))
      )
  }))
).pipe(Layer.provide(JobsHost.sqlite({ filename: orders.filename, thread: true })))

const isJobEvent = Schema.is(JobEvent)

const tracker = Layer.succeed(EventTracker, {
  ...noopTracker,
  deliver: (events) =>
    Effect.gen(function*() {
      tell({ announced: events.filter(isJobEvent) })
      yield* come("during a drain")
      return events.map(() => "delivered" as const)
    })
})

const registry = makeRegistry(come, orders.shards)
const runtime = ManagedRuntime.make(JobsRuntime.layer(registry, { host, tracker }))

/** Several at a time, so that a kill finds calls at different points. */
const callers = 4

const caller = (index: number) =>
  Effect.gen(function*() {
    const client = typedJobsClient(registry, yield* JobsClient)
    const call = (name: string) =>
      Effect.gen(function*() {
        tell({ asked: name })
        yield* callNamed(client, name)
        tell({ acknowledged: name })
      })
    // Whoever got no answer asks again.
    yield* Effect.forEach(orders.unanswered.filter((_, nth) => nth % callers === index), call)
    for (let serial = 0;; serial++) {
      const random = yield* Random.Random
      const below = (limit: number) => Math.floor(random.nextDoubleUnsafe() * limit)
      const story = storyNames[below(storyNames.length)] ?? "continuous"
      yield* call([story, ...stories[story].ask(below, `${orders.seed}-${index}-${serial}`)].join(" "))
    }
  }).pipe(Random.withSeed(`${orders.seed}-${index}`))

await runtime.runPromise(
  Effect.all(Array.from({ length: callers }, (_, index) => caller(index)), { concurrency: "unbounded", discard: true })
)
