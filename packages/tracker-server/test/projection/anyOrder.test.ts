import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { ingest } from "../../src/ingest/ingest.ts"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { anyEvents, delivery, known } from "./anyEvents.ts"
import { wholeLives } from "./wholeLives.ts"

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

  it("leaves whole lives of jobs as they went", () =>
    fc.assert(
      fc.asyncProperty(
        wholeLives.chain((lives) => fc.tuple(fc.constant(lives), delivery(lives.flatMap(({ events }) => events)))),
        async ([lives, batches]) => {
          const { plans } = await Effect.runPromise(answersAfter(batches))
          for (const [i, { attempts, ending, events }] of lives.entries()) {
            const found = plans[known.plans.indexOf(`life-${i + 1}`)]
            const [tasks, timeline] = [found?.tasks, found?.timeline]
            assert.deepInclude(found?.plan, {
              status: ending,
              task_count: 1,
              completed_tasks: ending === "running" || ending === "completed" ? 1 : 0,
              failed_tasks: ending === "failed" ? 1 : 0,
              trace_id: "0123456789abcdef0123456789abcdef"
            })
            const [task] = typeof tasks === "object" ? tasks.flatMap(({ tasks }) => tasks) : []
            assert.deepInclude(task, { attempt: attempts, state: ending === "running" ? "completed" : ending })
            // By instant and sequence they stand as they happened.
            assert.deepStrictEqual(
              typeof timeline === "object"
                ? timeline.flatMap(({ events }) => events).map(({ event_id }) => event_id)
                : [],
              events.map(({ eventId }) => eventId)
            )
          }
        }
      ),
      { numRuns: 100 }
    ))
})
