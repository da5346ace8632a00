import {
  Backoff,
  Continuous,
  createJobRegistry,
  createJobsRuntime,
  Debounce,
  JobsHost,
  Task,
  WorkerPool
} from "@durable-effect/jobs"
import { Effect, Layer, References, Schema } from "effect"
import { recordEvents } from "./recordEvents.ts"

const Invoice = Schema.Struct({ number: Schema.Int, customer: Schema.String, cents: Schema.Int })
const Account = Schema.Struct({ invoices: Schema.Array(Invoice), seen: Schema.Int })

const retry = { maxAttempts: 3, delay: Backoff.fixed("5 millis"), jitter: false }

/** Every fifth fails at first, and every fortieth fails for good. */
const failsNow = (number: number, attempt: number) => number % 40 === 0 || (number % 5 === 0 && attempt === 1)

const charge = (number: number, attempt: number) =>
  failsNow(number, attempt)
    ? Effect.fail(new Error(`the payment provider did not take invoice ${number}: 503 Service Unavailable`))
    : Effect.void

/** Jobs of all four types, with what makes real lives differ: several runs, retries, an end in failure. */
const registry = createJobRegistry({
  invoiceSync: Continuous.make({
    stateSchema: Account,
    schedule: Continuous.every("20 millis"),
    startImmediately: true,
    retry,
    execute: (ctx) =>
      Effect.gen(function*() {
        const { invoices, seen } = yield* ctx.state
        yield* charge(invoices[0]?.number ?? 0, ctx.attempt)
        yield* ctx.setState({ invoices, seen: seen + 1 })
        if (seen === 2) yield* ctx.terminate({ reason: "all invoices of the day are in" })
      })
  }),
  orderDigest: Debounce.make({
    eventSchema: Invoice,
    stateSchema: Schema.Array(Invoice),
    flushAfter: "15 millis",
    maxEvents: 4,
    onEvent: ({ event, state }) => Effect.succeed([...(state ?? []), event]),
    execute: (ctx) => Effect.asVoid(ctx.state)
  }),
  accountReview: Task.make({
    stateSchema: Account,
    eventSchema: Invoice,
    retry,
    onEvent: (invoice, ctx) =>
      Effect.gen(function*() {
        const review = yield* ctx.state
        yield* ctx.setState({ invoices: [...(review?.invoices ?? []), invoice], seen: (review?.seen ?? 0) + 1 })
        yield* ctx.schedule("10 millis")
      }),
    execute: (ctx) => ctx.updateState((review) => ({ ...review, invoices: [] }))
  }),
  receiptMail: WorkerPool.make({
    eventSchema: Invoice,
    concurrency: 8,
    retry,
    execute: ({ number }, ctx) => charge(number, ctx.attempt)
  })
})

const invoiceOf = (number: number) => ({
  number,
  customer: `customer-${number % 97}`,
  cents: 100 + number * 37 % 90_000
})

const origin = { env: "production", serviceKey: "billing" }

/** So many lives of each type go on at a time. */
const concurrency = 16

/**
 * Lives of jobs as the runtime itself tells them to a server, as JSON: `lives` of each type, told by the tracker that
 * applications use, in the order of its requests. `idOf` gives the ids that users give.
 */
export const jobLives = Effect.fnUntraced(function*(lives: number, idOf: () => string) {
  const { events, url } = yield* recordEvents
  const runtime = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createJobsRuntime(registry, {
        host: JobsHost.memory,
        tracker: { endpoint: url, ...origin, flushInterval: "10 millis" },
        layer: Layer.succeed(References.MinimumLogLevel, "None") // failures are part of the story
      })
    ),
    (runtime) => Effect.promise(runtime.dispose)
  )
  const { client } = runtime
  const numbers = Array.from({ length: lives }, (_, number) => number)
  const forEach = (live: (number: number) => Promise<void>) =>
    Effect.forEach(numbers, (number) => Effect.promise(() => live(number)), { concurrency, discard: true })
  yield* Effect.promise(runtime.ready)
  yield* Effect.all([
    forEach(async (number) => {
      await client.continuous("invoiceSync").start({ id: idOf(), input: { invoices: [invoiceOf(number)], seen: 0 } })
    }),
    forEach(async (number) => {
      const id = idOf()
      for (const more of [0, 1, 2]) await client.debounce("orderDigest").add({ id, event: invoiceOf(number + more) })
    }),
    forEach(async (number) => {
      const id = idOf()
      for (const more of [0, 1]) await client.task("accountReview").send({ id, event: invoiceOf(number + more) })
    }),
    forEach(async (number) => {
      await client.workerPool("receiptMail").enqueue({ event: invoiceOf(number), itemId: idOf() })
    })
  ], { concurrency: "unbounded", discard: true })
  yield* Effect.promise(async () => {
    await client.workerPool("receiptMail").drain()
    await runtime.flush()
  })
  return yield* events(3 * lives + 1) // the pool is one life
}, Effect.scoped)
