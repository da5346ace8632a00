import { JobEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { join } from "node:path"
import { shardOf } from "../../src/handlers/worker-pool/decide.ts"
import { JobsHost } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { temporaryFolder } from "../support/storages.ts"
import { Books, type Chapter } from "./Books.ts"
import { holds } from "./holds.ts"
import { points } from "./Line.ts"
import { bundledWorker, live } from "./lives.ts"
import { callNamed, makeRegistry } from "./stories.ts"

/** Kills at random; `CRASH_KILLS=1000` makes an evening's test of it. */
const kills = Number(process.env["CRASH_KILLS"] ?? 15)

/** Of one file, before its books are looked at: later lives go on with what earlier ones have left. */
const livesPerFile = 10
const livesPerChapter = 4

const isJobEvent = Schema.is(JobEvent)

/** A life in which nothing is killed: whoever got no answer asks a last time, so that each call has had one. */
const openCalmly = Effect.fnUntraced(function*(filename: string, shards: number, books: Books) {
  const registry = makeRegistry(() => Effect.void, shards)
  const runtime = yield* openRuntime(registry, JobsHost.sqlite({ filename }))
  for (const name of books.unanswered) {
    books.add({ asked: name })
    yield* callNamed(runtime.client, name)
    books.add({ acknowledged: name })
  }
  return runtime
})

/** Drains the pool, so that another number of shards takes effect. */
const beginChapter = Effect.fnUntraced(function*(filename: string, books: Books, chapter: Chapter) {
  const runtime = yield* openCalmly(filename, books.chapter.shards, books)
  yield* runtime.client.workerPool("resharded").drain({})
  yield* runtime.close
  // The end of a life delivers events too.
  books.add({ announced: (yield* runtime.handle.getEvents()).filter(isJobEvent) })
  books.chapter = chapter
})

/**
 * The number that is wanted for the next life, when a shard that is looked at then is known to tell how many there were:
 * what waits is placed by that number. Else the same as before.
 */
const nextShards = (books: Books, wanted: number): number => {
  const { chapter } = books
  const tells = books.tellingOf("resharded").some((call) =>
    call.chapter === chapter && call.answeredAt !== undefined && shardOf(call.words[0] ?? "", chapter.shards) < wanted
  )
  return tells ? wanted : chapter.shards
}

const assertHolds = Effect.fnUntraced(function*(filename: string, shards: number, books: Books) {
  const runtime = yield* openCalmly(filename, shards, books)
  const events = Effect.map(runtime.events, (last) => books.eventsWith(last))
  for (const hold of Object.values(holds)) yield* hold(runtime.client, books, events)
  books.assertComplete(yield* runtime.events)
  yield* runtime.close
})

describe("a program that is killed", () => {
  it.live.each(points.map((at) => ({ at })))(
    "$at: each call is done once, nothing announced is untrue",
    ({ at }) =>
      Effect.gen(function*() {
        const worker = yield* bundledWorker
        const filename = join(yield* temporaryFolder, "jobs.db")
        const books = new Books()
        books.chapter = { shards: 3 }
        for (const [nth, wanted] of [[1, 3], [7, 4], [40, 2]] as const) {
          const shards = nextShards(books, wanted)
          yield* live(worker, { filename, seed: nth, shards, stop: { at, nth } }, Infinity, books)
        }
        yield* assertHolds(filename, nextShards(books, 1), books)
        assert.isAbove(books.acknowledged, 0)
      }),
    60_000
  )

  it.live(
    `${kills} times at random: each call is done once, nothing announced is untrue`,
    () =>
      Effect.gen(function*() {
        const worker = yield* bundledWorker
        let left = kills
        for (let file = 0; left > 0; file++) {
          const filename = join(yield* temporaryFolder, "jobs.db")
          const books = new Books()
          for (let life = 0; life < livesPerFile && left > 0; life++, left--) {
            const seed = file * livesPerFile + life
            const chapter = { shards: 1 + seed % 4 }
            if (life === 0) books.chapter = chapter
            else if (life % livesPerChapter === 0) yield* beginChapter(filename, books, chapter)
            const shards = nextShards(books, 1 + (seed * 31) % 5)
            yield* live(worker, { filename, seed, shards }, 1 + (seed * 7919) % 400, books)
          }
          yield* assertHolds(filename, nextShards(books, 1 + file % 4), books)
        }
      }),
    30_000 + kills * 3000
  )
})
