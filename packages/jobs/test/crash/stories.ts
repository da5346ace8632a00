import { Effect, Schedule, Schema } from "effect"
import {
  Continuous,
  createJobRegistry,
  Debounce,
  type JobsError,
  Task,
  WorkerPool,
  type WorkerPoolContext
} from "../../src/index.ts"
import type { TypedJobsClient } from "../../src/TypedJobsClient.ts"
import type { Point } from "./Line.ts"

type Come = (to: Point) => Effect.Effect<void>

/** What the items of pools do: of some the first attempt fails, and of others all do. */
const work = (come: Come) => (event: number, ctx: WorkerPoolContext) =>
  Effect.gen(function*() {
    if (event % 2 === 1) yield* ctx.progress(0.5)
    yield* come("before user code")
    yield* come("after user code")
    if (event % 4 === 0 && ctx.attempt === 1) yield* Effect.fail("not yet")
    if (event % 7 === 0) yield* Effect.fail("never")
  })

const pool = (come: Come, shards: number) =>
  WorkerPool.make({
    eventSchema: Schema.Int,
    concurrency: 5,
    shards,
    retry: { maxAttempts: 2, delay: "10 millis" },
    execute: work(come)
  })

/**
 * Jobs that count what is done with them, and say when they come to a point.
 * @param shards of the one pool whose number of them changes from life to life
 */
export const makeRegistry = (come: Come, shards: number) =>
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
    worker: pool(come, 2),
    drained: pool(come, 2),
    terminated: pool(come, 2),
    resharded: pool(come, shards)
  })
export type Client = TypedJobsClient<ReturnType<typeof makeRegistry>["definitions"]>

/** Calls of one kind of jobs. The words of a call tell all of it, so that another life can repeat it. */
export interface Story {
  /**
   * What to ask, at random.
   * @param random a whole number from 0 on and below the given one
   * @param serial no other call's
   */
  readonly ask: (random: (below: number) => number, serial: string) => ReadonlyArray<string | number>
  /** Makes the call; made again, it is the same one. */
  readonly make: (client: Client, words: ReadonlyArray<string>) => Effect.Effect<unknown, JobsError>
}

const isBeingDrained = (error: JobsError) => error._tag === "InvalidInput" && error.problem.includes("being drained")

export const stories = {
  /** Mostly a further run of one of few counters, else the start of a new one. */
  continuous: {
    ask: (random, serial) => random(4) > 0 ? [`old-${random(4)}`, serial] : [`new-${serial}`, serial],
    make: ({ continuous }, [id = "", dedupeKey = ""]) => {
      const counter = continuous("counter")
      const start = counter.start({ id, input: { n: 0 }, dedupeKey })
      return id.startsWith("old") ? Effect.andThen(start, counter.trigger({ id, dedupeKey })) : start
    }
  },
  /** Another text for one of few keepers. */
  task: {
    ask: (random, serial) => [`keeper-${random(6)}`, serial],
    make: ({ task }, [id = "", event = ""]) => task("keeper").send({ id, event, dedupeKey: event })
  },
  /** Another text for one of few gatherers. */
  debounce: {
    ask: (random, serial) => [`gatherer-${random(3)}`, serial],
    make: ({ debounce }, [id = "", event = ""]) => debounce("gatherer").add({ id, event, dedupeKey: event })
  },
  /** Another item, mostly of one of few partitions. */
  workerPool: {
    ask: (random, serial) => [`p${random(5)}`, serial, random(100), random(3)],
    make: ({ workerPool }, [partitionKey = "", itemId = "", event, priority]) =>
      workerPool("worker").enqueue({
        event: Number(event),
        itemId,
        priority: Number(priority),
        dedupeKey: itemId,
        ...(partitionKey === "p0" ? {} : { partitionKey })
      })
  },
  /** The same, and now and then an end to all of it, before which nothing new is taken. */
  drained: {
    ask: (random, serial) => random(8) === 0 ? ["end", serial] : [`p${random(5)}`, serial, random(100)],
    make: ({ workerPool }, [what = "", serial = "", event]) => {
      const drained = workerPool("drained")
      if (what === "end") return drained.drain({ dedupeKey: serial })
      const enqueue = drained.enqueue({ event: Number(event), itemId: serial, partitionKey: what, dedupeKey: serial })
      return Effect.retry(enqueue, { while: isBeingDrained, schedule: Schedule.spaced("2 millis") })
    }
  },
  /** The same with an end that takes away what is left. */
  terminated: {
    ask: (random, serial) => random(8) === 0 ? ["end", serial] : [`p${random(5)}`, serial, random(100)],
    make: ({ workerPool }, [what = "", serial = "", event]) =>
      what === "end"
        ? workerPool("terminated").terminate({ dedupeKey: serial })
        : workerPool("terminated").enqueue({
          event: Number(event),
          itemId: serial,
          partitionKey: what,
          dedupeKey: serial
        })
  },
  /** Items that all end well, of a pool whose number of shards changes. */
  resharded: {
    ask: (random, serial) => [`p${random(9)}`, serial],
    make: ({ workerPool }, [partitionKey = "", itemId = ""]) =>
      workerPool("resharded").enqueue({ event: 1, itemId, partitionKey, dedupeKey: itemId })
  }
} satisfies Readonly<Record<string, Story>>
export type StoryName = keyof typeof stories
export const storyNames: ReadonlyArray<StoryName> = [
  "continuous",
  "task",
  "debounce",
  "workerPool",
  "drained",
  "terminated",
  "resharded"
]

/** A call by its name: its story's, and its words. */
export const callNamed = (client: Client, name: string): Effect.Effect<unknown, JobsError> => {
  const [of, ...words] = name.split(" ")
  const story = storyNames.find((known) => known === of)
  if (story === undefined) throw new Error(`There is no story of ${name}`)
  return stories[story].make(client, words)
}
