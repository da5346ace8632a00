import type { JobEvent } from "@durable-effect/core"
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
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
    })
}
