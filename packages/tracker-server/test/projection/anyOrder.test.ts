import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { ingest } from "../support/ingest.ts"
import { anyEvents, known } from "./anyEvents.ts"
import { contestedDelivery, delivery, firstOfEach } from "./deliveries.ts"
import { runCount } from "./runCount.ts"
import { eventsOf, wholeLives } from "./wholeLives.ts"

const answersAfter = (batches: ReadonlyArray<ReadonlyArray<object>>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.parse("2026-01-11T10:01:30Z"))
    yield* Effect.forEach(batches, (batch) => ingest("tenant", batch))
    return yield* allAnswers("tenant", known)
  }).pipe(Effect.provide([MemoryStores.layer, TestClock.layer()]))

const anyDelivery = fc.oneof(
  { weight: 3, arbitrary: anyEvents },
  { weight: 1, arbitrary: fc.tuple(anyEvents, wholeLives).map(([any, lives]) => [...any, ...eventsOf(lives)]) }
).chain(contestedDelivery)

describe("the order of arrival", () => {
  it("never changes an answer, nor does sending twice or cutting into batches", () =>
    fc.assert(
      fc.asyncProperty(anyDelivery, async (batches) => {
        const expected = await Effect.runPromise(answersAfter([firstOfEach(batches)]))
        assert.deepStrictEqual(await Effect.runPromise(answersAfter(batches)), expected)
      }),
      { numRuns: runCount(200) }
    ), 600_000)

  it("leaves whole lives as they went, whoever tells them", () =>
    fc.assert(
      fc.asyncProperty(
        wholeLives.chain((lives) => fc.tuple(fc.constant(lives), delivery(eventsOf(lives)))),
        async ([lives, batches]) => {
          const { plans } = await Effect.runPromise(answersAfter(batches))
          for (const { events, planId, status, tasks } of lives) {
            const found = plans[known.plans.indexOf(planId)]
            if (typeof found?.plan !== "object" || typeof found.tasks !== "object") return assert.fail(planId)
            assert.deepInclude(found.plan, {
              status,
              task_count: tasks.length,
              completed_tasks: tasks.filter(({ state }) => state === "completed").length,
              failed_tasks: tasks.filter(({ state }) => state === "failed").length
            })
            const told = new Map(found.tasks.flatMap((page) => page.tasks).map((task) => [task.task_id, task]))
            for (const { taskId, ...task } of tasks) assert.deepInclude(told.get(taskId), task, taskId)
            // By instant and, within one, sequence or id they stand as they happened.
            assert.deepStrictEqual(
              typeof found.timeline === "object"
                ? found.timeline.flatMap(({ events }) => events).map(({ event_id }) => event_id)
                : [],
              events.map((event) => event["eventId"] ?? event["id"])
            )
          }
        }
      ),
      { numRuns: runCount(60) }
    ), 600_000)
})
