import { createInMemoryTrackerLayer } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { expectTypeOf } from "vitest"
import {
  AlarmService,
  CleanupService,
  CommonActions,
  Continuous,
  ContinuousHandler,
  ContinuousRuns,
  createJobRegistry,
  DedupeKeys,
  DispatchLink,
  EntityState,
  Instances,
  InstanceSteps,
  JobExecutionService,
  JobMetrics,
  JobsHost,
  type JobStep,
  MetadataService,
  OutboxDrain,
  Registry,
  RetryExecutor,
  Signals,
  StepStore
} from "../src/index.ts"
import { Count, counting } from "./support/definitions.ts"

/** Instances and their steps, on maps. */
const steps = Layer.mergeAll(Instances.layer, OutboxDrain.layer).pipe(
  Layer.provideMerge(StepStore.layer),
  Layer.provideMerge(Layer.merge(Signals.layer, JobMetrics.layer)),
  Layer.provideMerge(JobsHost.memory)
)
const record = Layer.mergeAll(AlarmService.layer, MetadataService.layer, EntityState.layer)

describe("services by themselves", () => {
  it.effect("make up a handler, from layers of the package's entry alone", () =>
    Effect.gen(function*() {
      const { handle, layer: trackerLayer } = yield* createInMemoryTrackerLayer()
      const handlerLayer = ContinuousHandler.layer.pipe(
        Layer.provide(ContinuousRuns.layer),
        Layer.provide(CommonActions.layer),
        Layer.provide(Layer.merge(JobExecutionService.layer, InstanceSteps.layer)),
        Layer.provide(DedupeKeys.layer),
        Layer.provide(RetryExecutor.layer),
        Layer.provide(CleanupService.layer),
        Layer.provide(record),
        Layer.provide(Registry.layer(createJobRegistry({ counting: counting() }))),
        Layer.provide(DispatchLink.layer),
        Layer.provideMerge(steps),
        Layer.provide(trackerLayer)
      )
      yield* Effect.gen(function*() {
        const handler = yield* ContinuousHandler
        const answer = yield* handler.handle({
          type: "continuous",
          action: "start",
          name: "counting",
          id: "user-123",
          input: { n: 0 }
        })
        assert.deepInclude(answer, { created: true })
        yield* Effect.flatMap(OutboxDrain, (outbox) => outbox.flush)
      }).pipe(Effect.provide(handlerLayer))
      assert.deepStrictEqual((yield* handle.getEvents()).map(({ type }) => type), [
        "job.created",
        "job.started",
        "execution.started",
        "execution.succeeded",
        "alarm.scheduled"
      ])
    }))

  it.effect("work on a step that Instances gives and StepStore commits", () =>
    Effect.gen(function*() {
      const metadata = yield* MetadataService
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const instances = yield* Instances
      const store = yield* StepStore
      const instanceId = "continuous:counting:a"
      const inStep = (body: (step: JobStep) => Effect.Effect<void>) =>
        instances.step(instanceId, (step) => Effect.andThen(body(step), store.commit(step)))

      yield* inStep((step) =>
        Effect.andThen(
          metadata.initialize(step, {
            jobType: "continuous",
            jobName: "counting",
            id: "a",
            state: { n: 1 },
            trace: undefined,
            parentIncarnationId: undefined
          }),
          alarms.schedule(step, { at: 1000, kind: "schedule" })
        )
      )
      assert.deepInclude(yield* store.read(instanceId), { state: { n: 1 }, alarm: { at: 1000, kind: "schedule" } })
      yield* inStep((step) => cleanup.terminate(step, { by: "client" }))
      assert.isUndefined(yield* store.read(instanceId))
    }).pipe(Effect.provide(CleanupService.layer.pipe(Layer.provideMerge(record), Layer.provideMerge(steps)))))

  it("demand what the definitions need", () => {
    class Mailer extends Context.Service<Mailer, { readonly send: Effect.Effect<void> }>()("test/Mailer") {}
    const mailing = Continuous.make({
      stateSchema: Count,
      schedule: Continuous.every("1 hour"),
      execute: () => Effect.flatMap(Mailer, (mailer) => mailer.send)
    })
    const layer = Registry.layer(createJobRegistry({ mailing }))
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<Registry, never, Mailer | DispatchLink>>()
  })
})
