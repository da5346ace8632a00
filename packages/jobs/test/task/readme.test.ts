import { assert, describe, it } from "@effect/vitest"
import { TestClock } from "effect/testing"
import { createJobRegistry, jobsClient, JobsRuntime } from "../../src/index.ts"
// #region task
import { Task } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"

const orderProcessor = Task.make({
  stateSchema: Schema.Struct({ paid: Schema.Boolean, reminders: Schema.Int }),
  eventSchema: Schema.Literals(["ordered", "paid"]),
  onEvent: (event, ctx) =>
    Effect.gen(function*() {
      if (event === "ordered") {
        yield* ctx.setState({ paid: false, reminders: 0 })
        return yield* ctx.schedule("3 days")
      }
      yield* ctx.updateState((order) => ({ ...order, paid: true }))
      yield* ctx.cancelSchedule
    }),
  execute: (ctx) =>
    Effect.gen(function*() {
      yield* ctx.updateState((order) => ({ ...order, reminders: order.reminders + 1 }))
      yield* ctx.schedule({ days: 1 }) // or a Date, or epoch milliseconds
    }),
  onIdle: (ctx) => ctx.terminate({ reason: "nothing left to do" })
})
// #endregion

const registry = createJobRegistry({ orderProcessor })

describe("the README's task", () => {
  // #region task-calls
  it.effect("reminds until the order is paid", () =>
    Effect.gen(function*() {
      const orders = (yield* jobsClient(registry)).task("orderProcessor")
      const id = "order-7"
      yield* orders.send({ id, event: "ordered" }) // { created: true, status: "active", scheduledAt: in 3 days, … }
      yield* TestClock.adjust("4 days")
      assert.deepStrictEqual(yield* orders.getState({ id }), { state: { paid: false, reminders: 2 } })
      yield* orders.send({ id, event: "paid" }) // nothing is scheduled any more, and onIdle ends it
      assert.deepInclude(yield* orders.status({ id }), { status: "notFound" })
    }).pipe(Effect.provide(JobsRuntime.layer(registry))))
  // #endregion
})
