import { Effect, Schema } from "effect"
import { Continuous, createJobRegistry, Debounce, type JobsError, Task, WorkerPool } from "../../src/index.ts"
import type { TypedJobsClient } from "../../src/TypedJobsClient.ts"
import type { Point } from "./Line.ts"

/** Jobs that count what is done with them, and say when they come to a point. */
export const makeRegistry = (come: (to: Point) => Effect.Effect<void>) =>
  createJobRegistry({
    counter: Continuous.make({
      stateSchema: Schema.Struct({ n: Schema.Int }),
      schedule: Continuous.every("1 hour"),
      execute: (ctx) =>
        Effect.gen(function*() {
          const { n } = yield* ctx.state
          // The attempt is stored as begun before it goes on.
          if (n % 2 === 1) yield* ctx.progress(0.5)
          yield* come("before user code")
          yield* ctx.updateState(({ n }) => ({ n: n + 1 }))
          yield* come("after user code")
        })
    }),
    keeper: Task.make({
      stateSchema: Schema.Array(Schema.String),
      eventSchema: Schema.String,
      retry: { maxAttempts: 3, delay: "10 millis" },
      onEvent: (event, ctx) =>
        Effect.gen(function*() {
          if (ctx.eventCount % 2 === 1) yield* ctx.progress(0.5)
          yield* come("before user code")
          yield* ctx.setState([...(yield* ctx.state) ?? [], event])
          yield* come("after user code")
          // Now and then, so that others come while a retry waits.
          if (ctx.attempt < 3 && ctx.eventCount % 5 === 0) yield* Effect.fail("not yet")
        }),
      execute: () => Effect.void
    }),
    gatherer: Debounce.make({
      eventSchema: Schema.String,
      stateSchema: Schema.Array(Schema.String),
      flushAfter: "30 millis",
      maxEvents: 20,
      retry: { maxAttempts: 3, delay: "10 millis" },
      onEvent: ({ event, state }) => Effect.succeed([...state ?? [], event]),
      execute: (ctx) =>
        Effect.gen(function*() {
          yield* ctx.progress(0.5)
          yield* come("before user code")
          yield* come("after user code")
          // Now and then, so that events come while a retry waits.
          if (ctx.attempt < 3 && ctx.eventCount % 3 === 0) yield* Effect.fail("not yet")
        })
    }),
    worker: WorkerPool.make({
      eventSchema: Schema.Int,
      concurrency: 3,
      shards: 2,
      retry: { maxAttempts: 2, delay: "10 millis" },
      execute: (event, ctx) =>
        Effect.gen(function*() {
          if (event % 2 === 1) yield* ctx.progress(0.5)
          yield* come("before user code")
          yield* come("after user code")
          if (event % 4 === 0 && ctx.attempt === 1) yield* Effect.fail("not yet")
          if (event % 7 === 0) yield* Effect.fail("never")
        })
    })
  })
export type Client = TypedJobsClient<ReturnType<typeof makeRegistry>["definitions"]>

/** A call, and a name that tells all that has to be known of it. */
export interface NamedCall {
  readonly name: string
  readonly make: Effect.Effect<unknown, JobsError>
}

/** Calls of one kind of jobs, at random. */
export interface Story {
  /** @param random a whole number from 0 on and below the given one */
  readonly call: (client: Client, random: (below: number) => number, serial: string) => NamedCall
}

export const stories = {
  /** Mostly a further run of one of few counters, else the start of a new one. */
  continuous: {
    call: ({ continuous }, random, serial) => {
      const counter = continuous("counter")
      const isOld = random(4) > 0
      const id = isOld ? `old-${random(4)}` : `new-${serial}`
      const start = counter.start({ id, input: { n: 0 } })
      return isOld
        ? { name: `run ${id}`, make: Effect.andThen(start, counter.trigger({ id })) }
        : { name: `start ${id}`, make: start }
    }
  },
  /** Another text for one of few keepers. */
  task: {
    call: ({ task }, random, serial) => {
      const id = `keeper-${random(6)}`
      return { name: `send ${id} ${serial}`, make: task("keeper").send({ id, event: serial }) }
    }
  },
  /** Another text for one of few gatherers. */
  debounce: {
    call: ({ debounce }, random, serial) => {
      const id = `gatherer-${random(3)}`
      return { name: `add ${id} ${serial}`, make: debounce("gatherer").add({ id, event: serial }) }
    }
  },
  /** Another item, mostly of one of few partitions. */
  workerPool: {
    call: ({ workerPool }, random, serial) => {
      const partition = random(5)
      const key = partition === 0 ? {} : { partitionKey: `p${partition}` }
      const enqueue = workerPool("worker").enqueue({ event: random(100), itemId: serial, priority: random(3), ...key })
      return { name: `enqueue ${partition} ${serial}`, make: enqueue }
    }
  }
} satisfies Readonly<Record<string, Story>>
export type StoryName = keyof typeof stories
