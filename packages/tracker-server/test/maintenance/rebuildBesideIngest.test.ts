import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import { envelope, request, result, time } from "../projection/stores.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { ingest } from "../support/ingest.ts"
import { onFreshStores, rebuilt, untilItWaits } from "./projections.ts"
import { story } from "./spoiling.ts"

/** Requests and results of one writer; the writers speak of the same plans and of tasks that they share. */
const batchesOf = (writer: number) =>
  Array.from({ length: 60 }, (_, batch) =>
    Array.from({ length: 6 }, (_, i) => {
      const n = (batch * 7 + i * 3 + writer) % 40
      const base = { plan_id: `plan-${n % 4}` }
      const id = { id: `${writer}-${batch}-${i}`, source: `agent-${n % 2}` }
      return i % 3 === 0
        ? request(`task-${n}`, time(batch % 50, i), base, id)
        : i % 3 === 1
        ? envelope("task.progress", time(batch % 50, i), { ...base, task_id: `task-${n}`, state: "running" }, id)
        : result(`task-${n}`, time(batch % 50, i), { success: n % 5 > 0 }, id)
    }))

describe("a rebuild beside live ingest", () => {
  it.live("waits for events that are being stored, and counts them in", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* ingest("acme", story)
        yield* ingest("acme", [request("last", time(1), { plan_id: "taken" })])
        yield* sql`UPDATE task_executions SET message = 'nonsense', progress = 0 WHERE task_id = 'task-2'`
        const isTaken = yield* Deferred.make<void>()
        const release = yield* Deferred.make<void>()
        yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
          yield* sql`SELECT FROM plan_executions WHERE plan_id = 'taken' FOR UPDATE`
          yield* Deferred.succeed(isTaken, undefined)
          yield* Deferred.await(release)
        })))
        yield* Deferred.await(isTaken)
        // It has written the task's row by the time it has to wait for the plan's.
        const storing = yield* Effect.forkChild(
          ingest("acme", [result("task-2", time(5)), request("last", time(0), { plan_id: "taken" })])
        )
        yield* Effect.repeat(
          sql`SELECT FROM pg_stat_activity WHERE application_name = 'tracker-server' AND datname = current_database()
            AND wait_event_type = 'Lock'`,
          { until: (rows) => rows.length === 1, schedule: Schedule.spaced("10 millis") }
        )
        const running = yield* Effect.forkChild(rebuilt(url))
        yield* untilItWaits
        yield* Deferred.succeed(release, undefined)
        yield* Fiber.join(storing)
        assert.deepStrictEqual((yield* Fiber.join(running)).map(({ differences }) => differences), [
          { task_executions: 1 }
        ])
        assert.deepStrictEqual(
          yield* sql`SELECT state, message, progress FROM task_executions WHERE task_id = 'task-2'`,
          [{ state: "completed", message: null, progress: null }]
        )
        assert.deepStrictEqual((yield* rebuilt(url, { isDryRun: true })).map(({ differences }) => differences), [{}])
      })
    ))

  it.live(
    "counts an event once, however often the rows of its transaction could not be replaced",
    () =>
      onFreshStores((url) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* ingest("acme", story)
          yield* sql`UPDATE task_executions SET message = 'nonsense' WHERE task_id = 'task-2'`
          const isTaken = yield* Deferred.make<void>()
          const release = yield* Deferred.make<void>()
          yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
            yield* sql`SELECT FROM task_executions WHERE task_id = 'task-2' FOR UPDATE`
            yield* Deferred.succeed(isTaken, undefined)
            yield* Deferred.await(release)
          })))
          yield* Deferred.await(isTaken)
          const folded: Array<number> = []
          const running = yield* Effect.forkChild(rebuilt(url, {
            onProgress: (progress) =>
              Effect.suspend(() => {
                // The story, then the late event by a transaction that will fail, then by the one that may succeed.
                return folded.push(progress.folded) === 3 ? Deferred.succeed(release, undefined) : Effect.void
              })
          }))
          yield* untilItWaits
          yield* ingest("acme", [request("late", time(1), { plan_id: "plan" })])
          const count = story.length + 1
          assert.deepStrictEqual((yield* Fiber.join(running)).map(({ events }) => events), [count])
          assert.deepStrictEqual(folded, [story.length, count, count])
        })
      ),
    30_000
  )

  it.live("loses nothing that two writers store meanwhile", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const writers = [batchesOf(1), batchesOf(2)]
        const started = yield* Deferred.make<void>()
        const rebuiltOnce = yield* Deferred.make<void>()
        const writing = yield* Effect.forkChild(Effect.forEach(writers, (batches) =>
          Effect.forEach(
            batches,
            Effect.fnUntraced(function*(batch, i) {
              yield* ingest("acme", batch)
              if (i === 3) yield* Deferred.succeed(started, undefined)
              // However fast they are, another rebuild runs beside the rest.
              if (i === 30) yield* Deferred.await(rebuiltOnce)
            })
          ), {
          concurrency: "unbounded",
          discard: true
        }))
        yield* Deferred.await(started)
        let rounds = 0
        while (writing.pollUnsafe() === undefined) {
          yield* sql`UPDATE task_executions SET state = 'cancelled', completed_at = now(), state_key = '20' WHERE task_id LIKE '%1'`
          yield* sql`DELETE FROM task_executions WHERE task_id LIKE '%2'`
          yield* sql`UPDATE plan_executions SET known = false, first_at = '2001-01-01T00:00:00Z' WHERE plan_id = 'plan-1'`
          yield* rebuilt(url)
          rounds++
          yield* Deferred.succeed(rebuiltOnce, undefined)
        }
        yield* Fiber.join(writing)
        assert.isAbove(rounds, 1)
        const asked = { plans: ["plan-0", "plan-1", "plan-2", "plan-3"], agents: ["agent-0", "agent-1"] }
        assert.deepStrictEqual((yield* rebuilt(url, { isDryRun: true })).map(({ differences }) => differences), [{}])
        const expected = yield* Effect.forEach(writers.flat(), (batch) => ingest("acme", batch)).pipe(
          Effect.andThen(allAnswers("acme", asked)),
          Effect.provide(MemoryStores.layer)
        )
        assert.deepStrictEqual(withoutReceipt(yield* allAnswers("acme", asked)), withoutReceipt(expected))
      })
    ), 60_000)
})

/** The two stores had the events at different times. */
const withoutReceipt = (answers: unknown): unknown =>
  JSON.parse(JSON.stringify(answers, (key, value: unknown) => key === "received_at" ? true : value))
