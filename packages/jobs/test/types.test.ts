import { EventTracker, type InvalidTrackerConfig } from "@durable-effect/core"
import { Context, Data, Effect, Layer, Schema, type SchemaGetter } from "effect"
import { describe, expectTypeOf, it } from "vitest"
import {
  Continuous,
  createJobRegistry,
  createJobsRuntime,
  Debounce,
  type HostUnavailable,
  JobsClient,
  jobsClient,
  type JobsError,
  JobsHost,
  JobsRuntime,
  Task
} from "../src/index.ts"

class Mailer extends Context.Service<Mailer, { readonly send: (to: string) => Effect.Effect<void> }>()("test/Mailer") {
  static readonly layer = Layer.succeed(Mailer, { send: () => Effect.void })
}
class Ledger extends Context.Service<Ledger, { readonly book: Effect.Effect<void> }>()("test/Ledger") {
  static readonly layer = Layer.succeed(Ledger, { book: Effect.void })
}

const schedule = Continuous.every("1 hour")
const plain = Continuous.make({
  stateSchema: Schema.Struct({ n: Schema.Int, at: Schema.DateTimeUtcFromString }),
  schedule,
  execute: (ctx) => {
    expectTypeOf(ctx.state).toEqualTypeOf<Effect.Effect<{ readonly n: number; readonly at: DateTimeUtc }>>()
    return Effect.void
  }
})
type DateTimeUtc = typeof Schema.DateTimeUtcFromString.Type
const mailing = Continuous.make({
  stateSchema: Schema.String,
  schedule,
  execute: () => Effect.flatMap(Mailer, (mailer) => mailer.send("a@b.c"))
})
const booking = Continuous.make({
  stateSchema: Schema.Null,
  schedule,
  execute: () => Effect.andThen(Effect.flatMap(Ledger, (ledger) => ledger.book), JobsClient)
})

const plainRegistry = createJobRegistry({ plain })
const registry = createJobRegistry({ plain, mailing, booking })
const both = Layer.merge(Mailer.layer, Ledger.layer)

class Tired extends Data.TaggedError("Tired") {}
class Deaf extends Data.TaggedError("Deaf") {}
class Full extends Data.TaggedError("Full") {}
const tired = Layer.merge(both, Layer.effectDiscard(Effect.fail(new Tired())))
const deaf = Layer.effect(EventTracker, Effect.fail(new Deaf()))
const full = Layer.effect(JobsHost, Effect.fail(new Full()))

/** Compiled, never run: what is under test is what the compiler says. */
const compiled = () => {
  createJobsRuntime(plainRegistry)
  createJobsRuntime(plainRegistry, {})
  createJobsRuntime(registry, { layer: both })
  // @ts-expect-error the definitions need Mailer and Ledger
  createJobsRuntime(registry)
  // @ts-expect-error the definitions need Mailer and Ledger
  createJobsRuntime(registry, {})
  // @ts-expect-error Ledger is missing
  createJobsRuntime(registry, { layer: Mailer.layer })
  // @ts-expect-error Ledger is missing
  JobsRuntime.layer(registry, { layer: Mailer.layer })

  // Each layer may fail in its own way, and the runtime's says in which.
  const failures = JobsRuntime.layer(registry, { layer: tired, tracker: deaf, host: full })
  expectTypeOf(failures).toExtend<
    Layer.Layer<JobsClient, Tired | Deaf | Full | HostUnavailable | InvalidTrackerConfig>
  >()
  // @ts-expect-error Full is not told
  expectTypeOf(failures).toExtend<Layer.Layer<JobsClient, Tired | Deaf | HostUnavailable | InvalidTrackerConfig>>()
  createJobsRuntime(registry, { layer: tired, tracker: deaf, host: full })
  createJobsRuntime(plainRegistry, { tracker: deaf, host: full })
  createJobsRuntime(plainRegistry, {
    host: JobsHost.sqlite({ filename: "" }),
    tracker: { endpoint: "", env: "", serviceKey: "" }
  })
  // @ts-expect-error Ledger is missing
  createJobsRuntime(registry, { layer: Mailer.layer, tracker: deaf, host: full })

  // What a registry takes says nothing of what a definition needs that is made in its place.
  createJobsRuntime(createJobRegistry({
    inPlace: Task.make({
      stateSchema: Schema.Null,
      eventSchema: Schema.Null,
      onEvent: () => Effect.void,
      execute: () => Effect.void
    })
  }))

  createJobsRuntime(createJobRegistry({
    inPlace: Debounce.make({ eventSchema: Schema.String, flushAfter: "1 second", execute: () => Effect.void })
  }))

  const { client } = createJobsRuntime(registry, { layer: both })
  const start = client.continuous("plain").start
  expectTypeOf(start).parameter(0).toExtend<
    { readonly id: string; readonly input: { readonly n: number; readonly at: string }; readonly dedupeKey?: string }
  >()
  expectTypeOf(client.continuous("plain").getState).returns.toEqualTypeOf<
    Promise<{ readonly state: { readonly n: number; readonly at: DateTimeUtc } | null }>
  >()
  expectTypeOf(client.continuous("mailing").getState).returns.toEqualTypeOf<
    Promise<{ readonly state: string | null }>
  >()
  // @ts-expect-error there is no such job
  client.continuous("plane")
  // @ts-expect-error n is a number
  void start({ id: "a", input: { n: "1", at: "" } })
  // @ts-expect-error an input is needed
  void start({ id: "a" })
  // @ts-expect-error this registry has no debounce jobs
  client.debounce("plain")
  Continuous.make({ stateSchema: Schema.Null, schedule: Continuous.cron("0 9 * * *"), execute: () => Effect.void })
  Continuous.make({ stateSchema: Schema.Null, schedule, catchUp: "all", execute: () => Effect.void })
  // @ts-expect-error there is no such policy
  Continuous.make({ stateSchema: Schema.Null, schedule, catchUp: "some", execute: () => Effect.void })
  // @ts-expect-error a schedule is made by every or cron
  Continuous.make({ stateSchema: Schema.Null, schedule: "0 9 * * *", execute: () => Effect.void })
  void client.continuous("plain").trigger({ id: "a", dedupeKey: "k" })

  const effects = Effect.gen(function*() {
    const typed = yield* jobsClient(registry)
    return yield* typed.continuous("plain").getState({ id: "a" })
  })
  expectTypeOf(effects).toEqualTypeOf<
    Effect.Effect<
      { readonly state: { readonly n: number; readonly at: DateTimeUtc } | null },
      JobsError,
      JobsClient
    >
  >()
  Continuous.make({
    // @ts-expect-error a state must encode without services
    stateSchema: Schema.String.pipe(Schema.decodeTo(Schema.String, {
      decode: SchemaGetterThatNeeds,
      encode: SchemaGetterThatNeeds
    })),
    schedule,
    execute: () => Effect.void
  })
  return [JobsRuntime.layer(registry, { layer: both })] satisfies ReadonlyArray<
    Layer.Layer<JobsClient, unknown>
  >
}

declare const SchemaGetterThatNeeds: SchemaGetter.Getter<string, string, EventTracker>

describe("the types of jobs", () => {
  it("demand what the definitions need and know each job's input and state", () => {
    expectTypeOf(compiled).toBeFunction()
  })
})
