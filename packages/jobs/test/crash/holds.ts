import type { JobEvent } from "@durable-effect/core"
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { shardOf } from "../../src/handlers/worker-pool/decide.ts"
import type { JobsError, StorableSchema, WorkerPoolClient } from "../../src/index.ts"
import type { Books } from "./Books.ts"
import type { Client, StoryName } from "./stories.ts"

const texts = Schema.decodeUnknownSync(Schema.Array(Schema.String))

/** The ids of all dead letters, from a page on. */
const idsOfDead = (worker: WorkerPoolClient<StorableSchema>, cursor?: string): Effect.Effect<
  ReadonlyArray<string>,
  JobsError
> =>
  Effect.gen(function*() {
    const page = yield* worker.deadLetters({ limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    const ids = page.items.map(({ itemId }) => itemId)
    return page.cursor === null ? ids : [...ids, ...yield* idsOfDead(worker, page.cursor)]
  })

const itemOf = (executionId = "") => executionId.split(":i").at(-1) ?? ""

/** What the events of a pool tell of its items and incarnations. */
const readPool = (name: string, events: ReadonlyArray<JobEvent>) => {
  const all = events.filter(({ jobName }) => jobName === name).toSorted((a, b) => a.sequence - b.sequence)
  for (const { executionId, incarnationId } of all) {
    if (executionId !== undefined) {
      assert.isTrue(executionId.startsWith(incarnationId), `${executionId} in ${incarnationId}`)
    }
  }
  const ended = countsOf(
    all.flatMap((event) =>
      event.type === "execution.succeeded" || (event.type === "execution.failed" && !event.willRetry)
        ? [itemOf(event.executionId)]
        : []
    )
  )
  const enqueued = Map.groupBy(
    all.filter((event) => event.type === "pool.item.enqueued"),
    ({ itemId }) => itemId
  )
  const incarnations = Map.groupBy(all, ({ incarnationId }) => incarnationId)
  return {
    /** The one time that it was enqueued, and how often it came to an end. */
    itemIn: (itemId: string) => {
      const [only, ...more] = enqueued.get(itemId) ?? []
      if (only === undefined || more.length > 0) assert.fail(`${itemId} was enqueued ${more.length + 1} times or never`)
      return { incarnationId: only.incarnationId, shard: Number(only.id), ended: ended.get(itemId) ?? 0 }
    },
    endOf: (incarnationId: string) => incarnations.get(incarnationId)?.at(-1) ?? assert.fail(incarnationId),
    /** For each incarnation its items as they were enqueued, and as they began. */
    startsOf: () =>
      [...incarnations.values()].map((told) => ({
        enqueued: told.flatMap((event) => event.type === "pool.item.enqueued" ? [event.itemId] : []),
        started: [
          ...new Set(told.flatMap((event) => event.type === "execution.started" ? [itemOf(event.executionId)] : []))
        ]
      }))
  }
}

/** All that was told of the jobs, by whichever life, each event once. */
type AllEvents = Effect.Effect<ReadonlyArray<JobEvent>>

/** How often each of these is there. */
const countsOf = (texts: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** All calls have been answered by now, some after repeats, and each has had its effect once. */
export const holds: Readonly<
  Record<StoryName, (client: Client, books: Books, events: AllEvents) => Effect.Effect<void, JobsError>>
> = {
  continuous: ({ continuous }, books, events) =>
    Effect.gen(function*() {
      const counter = continuous("counter")
      for (const [id, calls] of countsOf(books.callsOf("continuous").map(([id = ""]) => id))) {
        // Waits for the run that was cut off, if any, and is one more itself.
        yield* counter.trigger({ id })
        const n = ((yield* counter.getState({ id })).state?.n ?? 0) - 1
        // Started once, whoever asked first, and run once for each call; a new one is only started.
        const asked = id.startsWith("new") ? 1 : 1 + calls
        assert.isAtMost(n, asked, id)
        // A trigger that finds a run that was cut off goes on with that one.
        const joined = (yield* events).filter((event) =>
          event.type === "execution.started" && event.recovered === true && event.id === id
        )
        assert.isAtLeast(n + joined.length, asked, id)
      }
    }),
  task: ({ task }, books) =>
    Effect.gen(function*() {
      const keeper = task("keeper")
      for (const [id = "", text = ""] of books.callsOf("task")) {
        // Each time waits for what runs, and runs the retry that waits, if any.
        while ((yield* keeper.status({ id })).status === "active") yield* keeper.trigger({ id })
        const kept = ((yield* keeper.getState({ id })).state ?? []).filter((kept) => kept === text)
        assert.lengthOf(kept, 1, `${id} ${text}`)
      }
    }),
  debounce: ({ debounce }, books, events) =>
    Effect.gen(function*() {
      const gatherer = debounce("gatherer")
      const adds = books.callsOf("debounce")
      for (const id of new Set(adds.map(([id = ""]) => id))) {
        // Each time waits for what runs, and runs what waits.
        while ((yield* gatherer.status({ id })).status !== "notFound") yield* gatherer.flush({ id })
      }
      const flushed = countsOf((yield* events).flatMap((event) =>
        event.type === "execution.succeeded" && event.jobName === "gatherer" ? texts(event.preExecutionState) : []
      ))
      for (const [id, text = ""] of adds) {
        assert.strictEqual(flushed.get(text) ?? 0, 1, `${id} ${text}`)
      }
    }),
  workerPool: ({ workerPool }, books, events) =>
    Effect.gen(function*() {
      const worker = workerPool("worker")
      yield* worker.drain({})
      const dead = yield* idsOfDead(worker)
      const succeeded = (yield* events).filter(({ jobName, type }) =>
        type === "execution.succeeded" && jobName === "worker"
      )
      const ended = countsOf([
        ...succeeded.map(({ executionId = "" }) => executionId.split(":i").at(-1) ?? ""),
        ...dead
      ])
      for (const [, itemId = ""] of books.callsOf("workerPool")) {
        assert.strictEqual(ended.get(itemId) ?? 0, 1, itemId)
      }
    }),
  drained: ({ workerPool }, books, events) =>
    Effect.gen(function*() {
      yield* workerPool("drained").drain({})
      const { endOf, itemIn } = readPool("drained", yield* events)
      for (const [what, itemId = ""] of books.callsOf("drained")) {
        if (what === "end") continue
        const { ended, incarnationId } = itemIn(itemId)
        assert.strictEqual(ended, 1, itemId)
        assert.deepInclude(endOf(incarnationId), { type: "job.completed", reason: "drained" })
      }
    }),
  terminated: ({ workerPool }, books, events) =>
    Effect.gen(function*() {
      yield* workerPool("terminated").drain({})
      const { endOf, itemIn } = readPool("terminated", yield* events)
      const calls = books.tellingOf("terminated")
      const lastEnd = Math.max(0, ...calls.filter(({ words: [what] }) => what === "end").map(({ askedAt }) => askedAt))
      for (const { answeredAt = Infinity, words: [what, itemId = ""] } of calls) {
        if (what === "end") continue
        const { ended, incarnationId } = itemIn(itemId)
        const { type } = endOf(incarnationId)
        // What was there when a termination was asked for went with it.
        if (answeredAt < lastEnd) assert.strictEqual(type, "job.terminated", itemId)
        if (type === "job.terminated") assert.isAtMost(ended, 1, itemId)
        else assert.strictEqual(ended, 1, itemId)
      }
    }),
  resharded: ({ workerPool }, books, events) =>
    Effect.gen(function*() {
      yield* workerPool("resharded").drain({})
      const { itemIn, startsOf } = readPool("resharded", yield* events)
      const calls = books.tellingOf("resharded")
      for (const { chapter, words: [partitionKey = "", itemId = ""] } of calls) {
        const { ended, shard } = itemIn(itemId)
        assert.strictEqual(ended, 1, itemId)
        assert.strictEqual(shard, shardOf(partitionKey, chapter.shards), itemId)
      }
      const partitionOf = new Map(calls.map(({ words: [partitionKey = "", itemId = ""] }) => [itemId, partitionKey]))
      for (const { enqueued, started } of startsOf()) {
        for (const partition of new Set(partitionOf.values())) {
          const ofPartition = (itemId: string) => partitionOf.get(itemId) === partition
          assert.deepStrictEqual(started.filter(ofPartition), enqueued.filter(ofPartition), partition)
        }
      }
    })
}
