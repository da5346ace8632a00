import { Context, Effect, Layer, Schema } from "effect"
import { describe, expectTypeOf, it } from "vitest"
import {
  createJobRegistry,
  createJobsRuntime,
  Debounce,
  type FlushReason,
  JobsClient,
  jobsClient
} from "../../src/index.ts"

class Mailer extends Context.Service<Mailer, { readonly send: (to: string) => Effect.Effect<void> }>()("test/Mailer") {
  static readonly layer = Layer.succeed(Mailer, { send: () => Effect.void })
}
class Ledger extends Context.Service<Ledger, { readonly book: Effect.Effect<void> }>()("test/Ledger") {
  static readonly layer = Layer.succeed(Ledger, { book: Effect.void })
}

const eventSchema = Schema.Struct({ at: Schema.DateTimeUtcFromString })
type Event = typeof eventSchema.Type
const stateSchema = Schema.Struct({ first: Schema.DateTimeUtcFromString, count: Schema.Int })
type State = typeof stateSchema.Type

const latest = Debounce.make({
  eventSchema,
  flushAfter: "1 second",
  execute: (ctx) => {
    expectTypeOf(ctx.state).toEqualTypeOf<Effect.Effect<Event>>()
    expectTypeOf(ctx.eventCount).toEqualTypeOf<number>()
    expectTypeOf(ctx.debounceStartedAt).toEqualTypeOf<number>()
    expectTypeOf(ctx.flushReason).toEqualTypeOf<FlushReason>()
    return Effect.void
  }
})
const merging = Debounce.make({
  eventSchema,
  flushAfter: "1 second",
  onEvent: ({ event, state }) => {
    expectTypeOf(state).toEqualTypeOf<Event | null>()
    return Effect.succeed(state ?? event)
  },
  execute: () => Effect.flatMap(Mailer, (mailer) => mailer.send("a@b.c"))
})
const reducing = Debounce.make({
  eventSchema,
  stateSchema,
  flushAfter: "1 second",
  onEvent: ({ event, eventCount, state }) => {
    expectTypeOf(event).toEqualTypeOf<Event>()
    expectTypeOf(state).toEqualTypeOf<State | null>()
    expectTypeOf(eventCount).toEqualTypeOf<number>()
    return Effect.as(Effect.flatMap(Ledger, (ledger) => ledger.book), {
      first: state?.first ?? event.at,
      count: eventCount
    })
  },
  execute: (ctx) => {
    expectTypeOf(ctx.state).toEqualTypeOf<Effect.Effect<State>>()
    expectTypeOf(ctx.setState).parameter(0).toEqualTypeOf<State>()
    return Effect.andThen(Effect.flatMap(Mailer, (mailer) => mailer.send("a@b.c")), JobsClient)
  }
})

/** Compiled, never run: what is under test is what the compiler says. */
const compiled = () => {
  createJobsRuntime(createJobRegistry({ latest }))
  // @ts-expect-error what execute needs is missing
  createJobsRuntime(createJobRegistry({ merging }))
  createJobsRuntime(createJobRegistry({ merging }), { layer: Mailer.layer })
  const registry = createJobRegistry({ latest, merging, reducing })
  // @ts-expect-error what onEvent needs is missing
  createJobsRuntime(registry, { layer: Mailer.layer })
  const { client } = createJobsRuntime(registry, { layer: Layer.merge(Mailer.layer, Ledger.layer) })

  expectTypeOf(client.debounce("reducing").add).parameter(0).toExtend<
    { readonly id: string; readonly event: { readonly at: string }; readonly dedupeKey?: string }
  >()
  expectTypeOf(client.debounce("reducing").getState).returns.toEqualTypeOf<
    Promise<{ readonly state: State | null }>
  >()
  expectTypeOf(client.debounce("latest").getState).returns.toEqualTypeOf<Promise<{ readonly state: Event | null }>>()
  const effects = Effect.flatMap(jobsClient(registry), (typed) => typed.debounce("latest").getState({ id: "a" }))
  expectTypeOf<Effect.Success<typeof effects>>().toEqualTypeOf<{ readonly state: Event | null }>()
  // @ts-expect-error there is no such job
  client.debounce("early")
  // @ts-expect-error it is no continuous job
  client.continuous("latest")
  // @ts-expect-error the event is in encoded form
  void client.debounce("latest").add({ id: "a", event: { at: 5 } })
  // @ts-expect-error an event is needed
  void client.debounce("latest").add({ id: "a" })
  // @ts-expect-error a state of its own needs onEvent
  Debounce.make({ eventSchema, stateSchema, flushAfter: "1 second", execute: () => Effect.void })
  Debounce.make({
    eventSchema,
    stateSchema,
    flushAfter: "1 second",
    // @ts-expect-error that is no state
    onEvent: () => Effect.succeed({ first: "now" }),
    execute: () => Effect.void
  })
  // @ts-expect-error there is no such mode
  Debounce.make({ eventSchema, flushAfter: "1 second", mode: "sliding", execute: () => Effect.void })
  // @ts-expect-error when to flush is not said
  Debounce.make({ eventSchema, execute: () => Effect.void })
}

describe("the types of debounce jobs", () => {
  it("know each job's event and state, and demand what its handlers need", () => {
    expectTypeOf(compiled).toBeFunction()
  })
})
