import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgQueries from "../../src/storage/postgres/PgQueries.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { ingest } from "../support/ingest.ts"
import { anyEvents, known } from "./anyEvents.ts"
import { contestedDelivery, delivery, firstOfEach } from "./deliveries.ts"
import { runCount } from "./runCount.ts"
import { eventsOf, wholeLives } from "./wholeLives.ts"

const answersAfter = (tenantId: string, batches: ReadonlyArray<ReadonlyArray<object>>) =>
  Effect.gen(function*() {
    const verdicts = yield* Effect.forEach(batches, (batch) => ingest(tenantId, batch))
    return { answers: withoutCursors(yield* allAnswers(tenantId, known)), verdicts }
  })

const livesAndMore = fc.tuple(wholeLives, anyEvents).map(([lives, more]) => [...eventsOf(lives), ...more])

const stores = Layer.merge(PgEventStore.layer, PgQueries.layer).pipe(Layer.provide(layerFreshPostgres))

const anyHistory = fc.oneof({ weight: 3, arbitrary: anyEvents }, { weight: 1, arbitrary: livesAndMore })

/** Before the pool is there: its timers would run through all the years at once. */
const inTheirTime = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(Date.parse("2026-01-11T10:01:30Z")), test)

const timeGoesOn = Effect.forever(
  Effect.andThen(TestClock.withLive(Effect.sleep("2 millis")), TestClock.adjust("2 millis"))
)

describe("PostgreSQL", () => {
  it.effect("answers as the pure rules do, in whatever order events arrive", () =>
    Effect.gen(function*() {
      for (const [run, batches] of fc.sample(anyHistory.chain(contestedDelivery), runCount(40)).entries()) {
        const pure = yield* Effect.provide(answersAfter("acme", [firstOfEach(batches)]), MemoryStores.layer)
        const inMemory = yield* Effect.provide(answersAfter("acme", batches), MemoryStores.layer)
        // A tenant a run: they share the tables and must not see each other.
        const inPostgres = yield* answersAfter(`tenant-${run}`, batches)
        assert.deepStrictEqual(inPostgres.answers, pure.answers, JSON.stringify(batches))
        assert.deepStrictEqual(inPostgres.verdicts, inMemory.verdicts, JSON.stringify(batches))
      }
    }).pipe(Effect.provide(stores), inTheirTime), 3_600_000)

  it.effect("does so when they arrive in many requests at once", () =>
    Effect.gen(function*() {
      const runs = fc.sample(
        anyHistory.chain((events) => fc.tuple(fc.constant(events), delivery(events))),
        runCount(15)
      )
      for (const [run, [events, batches]] of runs.entries()) {
        const { answers } = yield* Effect.provide(answersAfter("acme", [events]), MemoryStores.layer)
        // A transaction that met another one waits a moment before it tries again.
        const ingested = Effect.forEach(batches, (batch) => ingest(`tenant-${run}`, batch), {
          concurrency: "unbounded"
        })
        yield* Effect.raceFirst(ingested, timeGoesOn)
        assert.deepStrictEqual(
          withoutReception(withoutCursors(yield* allAnswers(`tenant-${run}`, known))),
          withoutReception(answers),
          JSON.stringify(batches)
        )
      }
    }).pipe(Effect.provide(stores), inTheirTime), 3_600_000)
})

/** A cursor belongs to its tenant. */
const withoutCursors = (answers: unknown): unknown =>
  JSON.parse(JSON.stringify(answers, (key, value: unknown) => key === "next_cursor" ? true : value))

/** Real time is another one each time. */
const withoutReception = (answers: unknown): unknown =>
  JSON.parse(JSON.stringify(answers, (key, value: unknown) => key === "received_at" ? undefined : value))
