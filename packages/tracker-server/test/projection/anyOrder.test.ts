import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { ingest } from "../../src/ingest/ingest.ts"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { anyEvents, delivery, known } from "./anyEvents.ts"

const answersAfter = (batches: ReadonlyArray<ReadonlyArray<object>>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.parse("2026-01-11T10:01:30Z"))
    yield* Effect.forEach(batches, (batch) => ingest("tenant", batch, null))
    return yield* allAnswers("tenant", known)
  }).pipe(Effect.provide([MemoryStores.layer, TestClock.layer()]))

describe("the order of arrival", () => {
  it("never changes an answer, nor does sending twice or cutting into batches", () =>
    fc.assert(
      fc.asyncProperty(
        anyEvents.chain((events) => fc.tuple(fc.constant(events), delivery(events))),
        async ([events, batches]) => {
          const expected = await Effect.runPromise(answersAfter([events]))
          assert.deepStrictEqual(await Effect.runPromise(answersAfter(batches)), expected)
        }
      ),
      { numRuns: 300 }
    ))
})
