import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { JobsHost } from "../../src/index.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { temporaryFolder } from "../support/storages.ts"
import { Books } from "./Books.ts"
import { holds } from "./holds.ts"
import { points } from "./Line.ts"
import { bundledWorker, live } from "./lives.ts"
import { callNamed, makeRegistry } from "./stories.ts"

/** Kills at random; `CRASH_KILLS=1000` makes an evening's test of it. */
const kills = Number(process.env["CRASH_KILLS"] ?? 15)

/** Of one file, before its books are looked at: later lives go on with what earlier ones have left. */
const livesPerFile = 10

const assertHolds = Effect.fnUntraced(function*(filename: string, books: Books) {
  const runtime = yield* openRuntime(makeRegistry(() => Effect.void), JobsHost.sqlite({ filename }))
  // Whoever got no answer asks a last time, so that each call has had one.
  for (const name of books.unanswered) {
    books.add({ asked: name })
    yield* callNamed(runtime.client, name)
    books.add({ acknowledged: name })
  }
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
        for (const nth of [1, 7, 40]) {
          yield* live(worker, { filename, seed: nth, stop: { at, nth } }, Infinity, books)
        }
        yield* assertHolds(filename, books)
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
            yield* live(worker, { filename, seed }, 1 + (seed * 7919) % 400, books)
          }
          yield* assertHolds(filename, books)
        }
      }),
    30_000 + kills * 3000
  )
})
