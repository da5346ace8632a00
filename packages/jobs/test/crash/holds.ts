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

/** Each acknowledged call has had its effect, and each call at most one for each time that it was made. */
export const holds: Readonly<
  Record<StoryName, (client: Client, books: Books, events: AllEvents) => Effect.Effect<void, JobsError>>
> = {
  continuous: ({ continuous }, { calls }) =>
    Effect.gen(function*() {
      for (const [name, { acknowledged, asked }] of calls) {
        const [what, id = ""] = name.split(" ")
        if (what !== "run" && what !== "start") continue
        const counter = continuous("counter")
        // Waits for the run that was cut off, if any, and is one more itself.
        const { triggered } = yield* counter.trigger({ id })
        const n = ((yield* counter.getState({ id })).state?.n ?? 0) - (triggered ? 1 : 0)
        // The start before the first run has run it too.
        const more = what === "run" ? 1 : 0
        assert.isAtLeast(n, acknowledged === 0 ? 0 : acknowledged + more, name)
        assert.isAtMost(n, asked + more, name)
      }
    }),
  task: ({ task }, { calls }) =>
    Effect.gen(function*() {
      const keeper = task("keeper")
      for (const [name, { acknowledged }] of calls) {
        const [what, id = "", text = ""] = name.split(" ")
        if (what !== "send") continue
        // Each time waits for what runs, and runs the retry that waits, if any.
        while ((yield* keeper.status({ id })).status === "active") yield* keeper.trigger({ id })
        const kept = ((yield* keeper.getState({ id })).state ?? []).filter((kept) => kept === text)
        assert.isAtLeast(kept.length, acknowledged, name)
        assert.isAtMost(kept.length, 1, name)
      }
    }),
  debounce: ({ debounce }, { calls }, events) =>
    Effect.gen(function*() {
      const gatherer = debounce("gatherer")
      const adds = [...calls].map(([name, told]) => ({ words: name.split(" "), name, ...told }))
        .filter(({ words: [what] }) => what === "add")
      for (const id of new Set(adds.map(({ words: [, id = ""] }) => id))) {
        // Each time waits for what runs, and runs what waits.
        while ((yield* gatherer.status({ id })).status !== "notFound") yield* gatherer.flush({ id })
      }
      const flushed = (yield* events).flatMap((event) =>
        event.type === "execution.succeeded" && event.jobName === "gatherer" ? texts(event.preExecutionState) : []
      )
      const times = new Map<string, number>()
      for (const text of flushed) times.set(text, (times.get(text) ?? 0) + 1)
      for (const { acknowledged, name, words: [, , text = ""] } of adds) {
        assert.isAtLeast(times.get(text) ?? 0, acknowledged, name)
        assert.isAtMost(times.get(text) ?? 0, 1, name)
      }
    }),
  workerPool: ({ workerPool }, { calls }, events) =>
    Effect.gen(function*() {
      const worker = workerPool("worker")
      yield* worker.drain({})
      const dead = yield* idsOfDead(worker)
      const succeeded = (yield* events).filter(({ jobName, type }) =>
        type === "execution.succeeded" && jobName === "worker"
      )
      const ends = new Map<string, number>()
      const ended = [...succeeded.map(({ executionId = "" }) => executionId.split(":i").at(-1) ?? ""), ...dead]
      for (const itemId of ended) ends.set(itemId, (ends.get(itemId) ?? 0) + 1)
      for (const [name, { acknowledged }] of calls) {
        const [what, , itemId = ""] = name.split(" ")
        if (what !== "enqueue") continue
        assert.isAtLeast(ends.get(itemId) ?? 0, acknowledged, name)
        assert.isAtMost(ends.get(itemId) ?? 0, 1, name)
      }
    })
}
