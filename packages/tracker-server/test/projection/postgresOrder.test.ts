import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { ingest } from "../../src/ingest/ingest.ts"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgTrackerQueries from "../../src/storage/postgres/PgTrackerQueries.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { anyEvents, contestedDelivery, firstOfEach, known } from "./anyEvents.ts"
import { runCount } from "./runCount.ts"
import { eventsOf, wholeLives } from "./wholeLives.ts"

const answersAfter = (tenantId: string, batches: ReadonlyArray<ReadonlyArray<object>>) =>
  Effect.gen(function*() {
    const verdicts = yield* Effect.forEach(batches, (batch) => ingest(tenantId, batch, null))
    return { answers: withoutCursors(yield* allAnswers(tenantId, known)), verdicts }
  })

const livesAndMore = fc.tuple(wholeLives, anyEvents).map(([lives, more]) => [...eventsOf(lives), ...more])

const stores = Layer.merge(PgEventStore.layer, PgTrackerQueries.layer).pipe(Layer.provide(layerFreshPostgres))

describe("PostgreSQL", () => {
  it.effect("answers as the pure rules do, in whatever order events arrive", () =>
    Effect.gen(function*() {
      const runs = fc.sample(
        fc.oneof({ weight: 3, arbitrary: anyEvents }, { weight: 1, arbitrary: livesAndMore }).chain(contestedDelivery),
        runCount(50)
      )
      for (const [run, batches] of runs.entries()) {
        const pure = yield* Effect.provide(answersAfter("acme", [firstOfEach(batches)]), MemoryStores.layer)
        const inMemory = yield* Effect.provide(answersAfter("acme", batches), MemoryStores.layer)
        // A tenant a run: they share the tables and must not see each other.
        const inPostgres = yield* answersAfter(`tenant-${run}`, batches)
        assert.deepStrictEqual(inPostgres.answers, pure.answers, JSON.stringify(batches))
        assert.deepStrictEqual(inPostgres.verdicts, inMemory.verdicts, JSON.stringify(batches))
      }
    }).pipe(
      Effect.provide(stores),
      // Before the pool is there: its timers would run through all the years at once.
      (test) => Effect.andThen(TestClock.setTime(Date.parse("2026-01-11T10:01:30Z")), test)
    ), 3_600_000)
})

/** A cursor belongs to its tenant. */
const withoutCursors = (answers: unknown): unknown =>
  JSON.parse(JSON.stringify(answers, (key, value: unknown) => key === "next_cursor" ? true : value))
