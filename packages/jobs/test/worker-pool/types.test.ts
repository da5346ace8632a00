import type { EventError } from "@durable-effect/core"
import { Context, type DateTime, Effect, Layer, Schema } from "effect"
import { describe, expectTypeOf, it } from "vitest"
import {
  createJobRegistry,
  createJobsRuntime,
  JobsClient,
  jobsClient,
  type JobsError,
  WorkerPool,
  type WorkerPoolAnswers,
  type WorkerPoolContext
} from "../../src/index.ts"

class Mailer extends Context.Service<Mailer, { readonly send: Effect.Effect<void> }>()("test/pool/Mailer") {
  static readonly layer = Layer.succeed(Mailer, { send: Effect.void })
}
class Alerts extends Context.Service<Alerts, { readonly ring: Effect.Effect<void> }>()("test/pool/Alerts") {
  static readonly layer = Layer.succeed(Alerts, { ring: Effect.void })
}
class Gauge extends Context.Service<Gauge, { readonly zero: Effect.Effect<void> }>()("test/pool/Gauge") {
  static readonly layer = Layer.succeed(Gauge, { zero: Effect.void })
}

const eventSchema = Schema.Struct({ to: Schema.String, at: Schema.DateTimeUtcFromString })
type Mail = { readonly to: string; readonly at: DateTime.Utc }

const plain = WorkerPool.make({
  eventSchema,
  concurrency: 2,
  execute: (event, ctx) => {
    expectTypeOf(event).toEqualTypeOf<Mail>()
    expectTypeOf(ctx).toEqualTypeOf<WorkerPoolContext>()
    expectTypeOf(ctx.itemId).toEqualTypeOf<string>()
    expectTypeOf(ctx.partitionKey).toEqualTypeOf<string | undefined>()
    return Effect.andThen(ctx.progress(0.5), JobsClient)
  }
})
const needy = WorkerPool.make({
  eventSchema,
  concurrency: 2,
  execute: () => Effect.flatMap(Mailer, ({ send }) => send),
  onDeadLetter: (event, error) => {
    expectTypeOf(event).toEqualTypeOf<Mail>()
    expectTypeOf(error).toEqualTypeOf<EventError>()
    return Effect.flatMap(Alerts, ({ ring }) => ring)
  },
  onEmpty: () => Effect.flatMap(Gauge, ({ zero }) => zero)
})
/** Needs something of its own and something that is always there. */
const calling = WorkerPool.make({
  eventSchema,
  concurrency: 2,
  execute: () => Effect.andThen(Effect.flatMap(Mailer, ({ send }) => send), JobsClient)
})
const registry = createJobRegistry({ plain, needy })
const all = Layer.mergeAll(Mailer.layer, Alerts.layer, Gauge.layer)

/** Compiled, never run: what is under test is what the compiler says. */
const compiled = () => {
  createJobsRuntime(createJobRegistry({ plain }))
  createJobsRuntime(registry, { layer: all })
  // @ts-expect-error Mailer, Alerts and Gauge are missing
  createJobsRuntime(registry)
  // @ts-expect-error Gauge is missing
  createJobsRuntime(registry, { layer: Layer.merge(Mailer.layer, Alerts.layer) })
  // @ts-expect-error Alerts are missing
  createJobsRuntime(registry, { layer: Layer.merge(Mailer.layer, Gauge.layer) })

  createJobsRuntime(createJobRegistry({ calling }), { layer: Mailer.layer })
  // @ts-expect-error Mailer is missing
  createJobsRuntime(createJobRegistry({ calling }))
  createJobsRuntime(
    createJobRegistry({ inline: WorkerPool.make({ eventSchema, concurrency: 1, execute: () => Effect.void }) })
  )

  const { client } = createJobsRuntime(registry, { layer: all })
  const pool = client.workerPool("plain")
  const event = { to: "a", at: "2026-01-01T00:00:00Z" }
  expectTypeOf(pool.enqueue).returns.toEqualTypeOf<Promise<WorkerPoolAnswers["enqueue"]>>()
  expectTypeOf(pool.drain).toBeCallableWith()
  expectTypeOf(pool.drain).toBeCallableWith({ dedupeKey: "k" })
  expectTypeOf(pool.deadLetters).toBeCallableWith({ limit: 5, cursor: "c" })
  expectTypeOf(pool.status()).toEqualTypeOf<Promise<WorkerPoolAnswers["status"]>>()
  void pool.enqueue({ event, itemId: "i", partitionKey: "p", priority: -1, dedupeKey: "k" })
  // @ts-expect-error an event is needed
  void pool.enqueue({ itemId: "i" })
  // @ts-expect-error `at` is a text in its encoded form
  void pool.enqueue({ event: { to: "a", at: 5 } })
  // @ts-expect-error which item?
  void pool.cancel({})
  // @ts-expect-error there is no such pool
  client.workerPool("other")
  // @ts-expect-error a pool is no continuous job
  client.continuous("plain")

  const letters = Effect.flatMap(jobsClient(registry), (typed) => typed.workerPool("needy").deadLetters())
  expectTypeOf<Effect.Error<typeof letters>>().toEqualTypeOf<JobsError>()
  expectTypeOf<Effect.Services<typeof letters>>().toEqualTypeOf<JobsClient>()
  type Letter = Effect.Success<typeof letters>["items"][number]
  expectTypeOf<Extract<Letter, { readonly undecodable?: undefined }>["event"]>().toEqualTypeOf<Mail>()
  expectTypeOf<Extract<Letter, { readonly undecodable: string }>["event"]>().toEqualTypeOf<Schema.Json>()
  // @ts-expect-error concurrency is needed
  WorkerPool.make({ eventSchema, execute: () => Effect.void })
}

describe("the types of worker pools", () => {
  it("demand what all their handlers need and know each pool's event", () => {
    expectTypeOf(compiled).toBeFunction()
  })
})
