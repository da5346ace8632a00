import { Context, type DateTime, Effect, Layer, Schema } from "effect"
import { describe, expectTypeOf, it } from "vitest"
import {
  createJobRegistry,
  createJobsRuntime,
  type InvalidInstant,
  JobsClient,
  type NoState,
  Task,
  type TaskContext
} from "../../src/index.ts"

class OnEvent extends Context.Service<OnEvent, Effect.Effect<void>>()("test/OnEvent") {}
class Execute extends Context.Service<Execute, Effect.Effect<void>>()("test/Execute") {}
class OnIdle extends Context.Service<OnIdle, Effect.Effect<void>>()("test/OnIdle") {}
class OnError extends Context.Service<OnError, Effect.Effect<void>>()("test/OnError") {}

const stateSchema = Schema.Struct({ at: Schema.DateTimeUtcFromString })
const eventSchema = Schema.Struct({ due: Schema.DateTimeUtcFromString })
type State = { readonly at: DateTime.Utc }

const plain = Task.make({
  stateSchema,
  eventSchema,
  onEvent: (event, ctx) => {
    expectTypeOf(event).toEqualTypeOf<{ readonly due: DateTime.Utc }>()
    expectTypeOf(ctx).toEqualTypeOf<TaskContext<State>>()
    expectTypeOf(ctx.state).toEqualTypeOf<Effect.Effect<State | null>>()
    expectTypeOf(ctx.updateState).returns.toEqualTypeOf<Effect.Effect<void, NoState>>()
    expectTypeOf(ctx.schedule).returns.toEqualTypeOf<Effect.Effect<void, InvalidInstant>>()
    expectTypeOf(ctx.getScheduledTime).toEqualTypeOf<Effect.Effect<number | null>>()
    return ctx.schedule("1 minute")
  },
  execute: (ctx) => ctx.updateState((state) => state),
  onError: (error, ctx) => {
    expectTypeOf(error).toBeUnknown()
    return ctx.cancelSchedule
  }
})

const needy = Task.make({
  stateSchema: Schema.Null,
  eventSchema: Schema.Null,
  onEvent: () => Effect.flatMap(OnEvent, (effect) => effect),
  execute: () => Effect.andThen(Effect.flatMap(Execute, (effect) => effect), JobsClient),
  onIdle: () => Effect.flatMap(OnIdle, (effect) => effect),
  onError: () => Effect.flatMap(OnError, (effect) => effect)
})

const three = Layer.mergeAll(
  Layer.succeed(OnEvent, Effect.void),
  Layer.succeed(Execute, Effect.void),
  Layer.succeed(OnIdle, Effect.void)
)
const four = Layer.merge(three, Layer.succeed(OnError, Effect.void))

/** Compiled, never run: what is under test is what the compiler says. */
const compiled = () => {
  createJobsRuntime(createJobRegistry({ plain }))
  createJobsRuntime(createJobRegistry({ plain, needy }), { layer: four })
  // @ts-expect-error the handlers need four services
  createJobsRuntime(createJobRegistry({ needy }))
  // @ts-expect-error onError's is missing
  createJobsRuntime(createJobRegistry({ needy }), { layer: three })
  // @ts-expect-error all but onError's are missing
  createJobsRuntime(createJobRegistry({ needy }), { layer: Layer.succeed(OnError, Effect.void) })

  const { client, handle } = createJobsRuntime(createJobRegistry({ plain }))
  const task = client.task("plain")
  expectTypeOf(task.getState).returns.toEqualTypeOf<Promise<{ readonly state: State | null }>>()
  expectTypeOf(task.send).parameter(0).toExtend<{ readonly id: string; readonly event: { readonly due: string } }>()
  void task.send({ id: "a", event: { due: "2026-01-01T00:00:00.000Z" }, dedupeKey: "k" })
  // @ts-expect-error an event is needed
  void task.send({ id: "a" })
  // @ts-expect-error it is in encoded form
  void task.send({ id: "a", event: { due: 5 } })
  // @ts-expect-error there is no such task
  client.task("plane")
  // @ts-expect-error a task is not continuous
  client.continuous("plain")
  // @ts-expect-error a number of nanoseconds is no instant
  Task.make({ stateSchema, eventSchema, onEvent: (_event, ctx) => ctx.schedule(5n), execute: () => Effect.void })
  expectTypeOf(handle({ type: "task", action: "trigger", name: "plain", id: "a" })).toEqualTypeOf<
    Promise<{ readonly instanceId: string; readonly triggered: boolean }>
  >()
}

describe("the types of tasks", () => {
  it("demand what each handler needs and know state and event", () => {
    expectTypeOf(compiled).toBeFunction()
  })
})
